import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { wallOffsetMs, wallTimeOf } from '../clock.ts';
import { uploadedBy } from '../attribution/upload-history.ts';
import type { InstantEvidence } from '../evidence/instants.ts';
import type { Ledger } from '../ledger/history.ts';
import type { ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import { lastLitestream } from '../planned-drill.ts';
import { randomFor } from '../random.ts';
import { restoreDatabase } from '../recovery/restore-database.ts';
import { durationMs } from '../scenario/schema.ts';
import type { Store } from '../store/store.ts';
import { holdAgainstInstant } from '../verify/instant.ts';
import { noteUploads } from './uploads.ts';
import type { DrillContext } from './context.ts';
import { replicasInBucket } from './replicas-in-bucket.ts';
import { drawInstants, type Instant } from './draw-instants.ts';

/**
 * Restores databases to instants of the first life, each on its own, with the recovery credential and Litestream's -timestamp,
 * and holds what comes back against the ledger. The instants are those at which a write had just been acknowledged.
 */
export async function restoreInstants(drill: DrillContext, store: Store): Promise<void> {
  const { found, scenario, plan, recorder } = drill;
  const { kill, ledger } = found;
  const { instants: wanted } = scenario.recovery;
  if (wanted === undefined || kill === null || ledger === null) return;
  if (found.uploads === null) await noteUploads(drill, store);
  const fromUs = wanted.within === undefined ? 0 : kill.atUs - durationMs(wanted.within) * 1000;
  const windowOf = (path: string) => {
    const protectedUs = found.protectedUs.get(path);
    return protectedUs === undefined ? null : { fromUs: Math.max(fromUs, protectedUs), toUs: kill.atUs };
  };
  const histories = [...ledger.databases.values()];
  const drawn = drawInstants(histories, windowOf, wanted.count, randomFor(plan.seed, 'instants'));
  const inBucket = await replicasInBucket(store);
  const probes: InstantEvidence[] = [];
  for (const instant of drawn) {
    probes.push(await probe(drill, store, ledger, inBucket, instant));
    recorder.progress(probes.length, wanted.count, 'instants');
  }
  found.instants = {
    fromUs: Math.max(fromUs, found.loadStartUs ?? 0),
    storeStepMs: storeStepMs(found.bucketAtKill ?? []),
    clockStepMs: Math.abs(wallOffsetMs(drill.order.clock) - (found.wallOffsetMs ?? 0)),
    probes,
  };
}

async function probe(
  drill: DrillContext,
  store: Store,
  ledger: Ledger,
  inBucket: readonly ReplicatedDatabase[],
  { path, seq, atUs }: Instant,
): Promise<InstantEvidence> {
  const { order, scenario, found, paths } = drill;
  const at = wallTimeOf(atUs, order.clock);
  const workDir = await mkdtemp(join(paths.work, 'instant-'));
  try {
    const replica = inBucket.find((one) => one.path === path) ?? { path, generations: [], ltx: [] };
    const { record, file } = await restoreDatabase({
      path,
      workDir: join(workDir, 'restore'),
      prefix: store.prefix,
      store: store.recovery,
      litestream: lastLitestream(order),
      found: replica,
      note: '',
      env: process.env,
      timestamp: at.toISOString(),
      timeoutMs: durationMs(scenario.recovery.databaseTimeout),
    });
    const history = ledger.databases.get(path);
    const format = replica.ltx.length > 0 ? 'ltx' : 'generations';
    return {
      path,
      seq,
      atUs,
      timestamp: at.toISOString(),
      restore: record,
      uploaded: uploadedBy(found.uploads?.get(path) ?? null, at.getTime(), format),
      seen:
        file === null || history === undefined
          ? null
          : await holdAgainstInstant({
              file,
              history,
              seq,
              askedUs: (at.getTime() - wallOffsetMs(order.clock)) * 1000,
              scratchDir: dirname(file),
              journalModeMayChange: mayChangeJournal(drill),
            }),
    };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** AWS tells the time of an object to the second, others to the millisecond. */
function storeStepMs(replicas: readonly ReplicatedDatabase[]): number {
  const times = replicas.flatMap(({ generations, ltx }) =>
    [...generations.flatMap(({ segments }) => segments), ...ltx].map(({ modifiedAt }) =>
      modifiedAt.getTime(),
    ),
  );
  return times.every((time) => time % 1000 === 0) ? 1000 : 1;
}

/** The application is known to have changed its databases' journal mode for a while. */
export function mayChangeJournal({ scenario }: DrillContext): boolean {
  return scenario.faults.some((fault) => fault.kind === 'host-database' && fault.do === 'journal-mode');
}
