import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RestoreRecord } from '../evidence/database.ts';
import { type DeadHost, hostPaths, startHost } from '../host/host.ts';
import { mountSmallDisk, unmountBelow } from '../host/small-disk.ts';
import type { RecoveryDiskFull } from '../scenario/recovery-fault.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Store } from '../store/store.ts';
import { holdFullDisk, metNoSpace } from '../verify/full-disk.ts';
import type { DrillContext } from './context.ts';
import { mayChangeJournal } from './instants.ts';
import { endOfRestore } from './restore.ts';

export function fullDisksOf({ faults }: Scenario): RecoveryDiskFull[] {
  return faults.filter((fault) => fault.kind === 'recovery-disk-full');
}

/**
 * Tries to restore the fleet onto disks that are too small for it, as an operator does who has not looked. What is left
 * there is held against the ledger when the fleet has come back elsewhere: only then is it known what a whole one is.
 */
export async function tryFullDisks(
  drill: DrillContext,
  store: Store,
  _dead: DeadHost,
  faults: readonly RecoveryDiskFull[],
): Promise<void> {
  for (const fault of faults) {
    const record = { id: fault.id, engaged: false, count: 0 };
    drill.found.faults.push(record);
    const tried = await tryFullDisk(drill, store, fault);
    drill.found.fullDisks.push(tried);
    const refused = tried.records.filter(metNoSpace);
    record.count = refused.length;
    record.engaged = record.count > 0;
    const back = tried.records.filter(({ outcome }) => outcome === 'restored').length;
    drill.recorder.note(
      'info',
      `${fault.id}: exit code ${tried.exitCode}, ${record.count} of ${tried.records.length} databases had no space, ${back} came back`,
    );
    const [first] = refused;
    if (first !== undefined) drill.recorder.note('info', `${fault.id}: ${first.path}: ${first.detail}`);
  }
}

async function tryFullDisk(drill: DrillContext, store: Store, { id, sizeMb }: RecoveryDiskFull) {
  const folder = join(drill.paths.work, `small-host-${id}`);
  const { dataDir } = hostPaths(folder);
  await mkdir(dirname(dataDir), { recursive: true });
  // The disk outlives its host: the files on it are looked at later.
  drill.resources.defer(() => unmountBelow(folder));
  await mountSmallDisk(dataDir, sizeMb, 'recovery-disk-full');
  const records: RestoreRecord[] = [];
  await using host = await startHost(folder);
  const exitCode = await endOfRestore(drill, store, host, {
    logName: `restore-${id}.log`,
    pointInTime: true,
    hear: (event) => {
      if (event.event === 'database') records.push(event.record);
    },
  });
  return { dataDir, exitCode, records };
}

/** Holds whatever was left on the small disks against what came back on a roomy one. */
export async function holdFullDisks(drill: DrillContext): Promise<void> {
  const { found } = drill;
  const { ledger, verification, kill } = found;
  if (ledger === null || verification === null || kill === null) return;
  for (const tried of found.fullDisks) {
    const held = await holdFullDisk(tried, {
      ledger,
      killUs: kill.atUs,
      journalModeMayChange: mayChangeJournal(drill),
      roomy: verification.databases,
    });
    // Of the fleet, not of a database: one that is too young for a promise excuses nothing that is left on a disk.
    found.ownFindings.push(
      ...held.findings.map((one) =>
        one.database === null ? one : { ...one, database: null, detail: `${one.database}: ${one.detail}` },
      ),
    );
    found.ownThrown.push(...held.thrown);
  }
}
