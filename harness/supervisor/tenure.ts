import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { leased, takeLease } from './lease-challenge.ts';
import { openLeaseClock } from './lease-clock.ts';
import { readLastEpoch, writeLastLease } from './last-lease.ts';
import { LeaseFuse } from './lease-fuse.ts';
import { leaseOwner } from './lease-owner.ts';
import { leaseKey, type LeaseRecord, leaseTiming } from './lease-record.ts';
import type { Lease, LeaseDuties, LeaseStatus } from './lease.ts';
import { releaseGuardLater } from './reconcile.ts';
import { readRestoredFrom, removeRestoredFrom } from './restored-from.ts';
import type { Basis, Run } from './run.ts';

/** The time during which this supervisor may replicate: as long as it holds the lease, or as it likes without one. */
export interface Tenure {
  mayWrite(): boolean;
  status(): LeaseStatus | null;
  /** Aborted when somebody else has taken the lease. */
  readonly lost: AbortSignal;
  /** From here on the lease is renewed, and the run's Litestream is stopped and started with it. */
  begin(run: Run): void;
  /** After Litestream has ended: gives the lease back, once. Throws when somebody else has taken it. */
  end(): Promise<void>;
}

/** Waits for the right to replicate; null: it was told to stop before. Throws SupervisorError when another host has it. */
export async function openTenure(basis: Basis): Promise<Tenure | null> {
  const { options, config, files, leaseStore } = basis;
  if (leaseStore === null) return UNLIMITED;
  const key = leaseKey(config.prefix);
  const timing = options.leaseTiming ?? leaseTiming(config.replicateIntervalSec);
  // It has the time of the negotiations to come up.
  const fuse = new LeaseFuse(files, timing.durationMs);
  try {
    const lease = await takeLease(
      {
        store: leaseStore,
        clock: openLeaseClock(),
        timing,
        owner: leaseOwner(files.lock),
        host: hostname(),
        dataDir: files.dataDir,
        log: options.log,
      },
      {
        takeOver: options.takeOver ?? false,
        restored: readRestoredFrom(files.dataDir, key),
        lastEpoch: readLastEpoch(files.lastLease, key),
      },
      options.stop,
    );
    if (lease === null) {
      fuse.release();
      return null;
    }
    writeLastLease(files.lastLease, { leaseKey: key, epoch: lease.status().epoch });
    removeRestoredFrom(files.dataDir);
    await arm(fuse, lease.validUntilMs, basis);
    return leasedTenure(lease, fuse, basis);
  } catch (error) {
    fuse.release();
    throw error;
  }
}

const UNLIMITED: Tenure = {
  mayWrite: () => true,
  status: () => null,
  lost: new AbortController().signal,
  begin: () => undefined,
  end: () => Promise.resolve(),
};

function leasedTenure(lease: Lease, fuse: LeaseFuse, basis: Basis): Tenure {
  const ended = new AbortController();
  const lost = new AbortController();
  let kept: Promise<LeaseRecord | null> = Promise.resolve(null);
  let ending: Promise<void> | null = null;
  const giveBack = async (): Promise<void> => {
    ended.abort();
    try {
      const other = await kept;
      if (other !== null) throw leased(other);
      await lease.release();
    } finally {
      fuse.release();
      basis.options.log.write('info', 'the lease has ended', { ...lease.status() });
    }
  };
  return {
    mayWrite: () => lease.mayWrite(),
    status: () => lease.status(),
    lost: lost.signal,
    begin: (run) => {
      kept = lease.keep(dutiesOf(run, fuse), ended.signal);
      // What it found is for `end` to tell; a Litestream that cannot be ended ends the supervisor as well.
      kept.then(
        (other) => other !== null && lost.abort(),
        () => lost.abort(),
      );
    },
    end: () => {
      ending ??= giveBack();
      return ending;
    },
  };
}

function dutiesOf(run: Run, fuse: LeaseFuse): LeaseDuties {
  const { replication, guard, fleet } = run;
  return {
    extend: (validUntilMs) => arm(fuse, validUntilMs, run),
    fence: async (leftMs) => {
      const { databases } = fleet.discovery;
      if (leftMs > 0 && replication.status().pid !== null) {
        // As when Litestream is replaced: its histories must still be theirs when it comes back.
        const held = guard.hold(databases.map(({ file }) => file));
        await Promise.race([held, sleep(Math.min(leftMs / 2, GUARD_LIMIT_MS))]);
        guard.releaseAfterOutage();
      }
      await replication.fence();
      run.publish();
    },
    resume: async () => {
      replication.unfence();
      releaseGuardLater(run, fleet.discovery.databases.length);
      await Promise.resolve();
    },
    // A slow listing is not repeated for long; what is wrong with the store is not to be told so late.
    doubt: () => fleet.woken.abort(),
  };
}

const GUARD_LIMIT_MS = 500;

async function arm(fuse: LeaseFuse, validUntilMs: number, { options }: Basis): Promise<void> {
  if (await fuse.extend(validUntilMs)) return;
  options.log.write(
    'error',
    'the fuse of the lease does not answer; only this process can stop litestream now',
  );
}
