import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { randomFor } from '../random.ts';
import type { HostDatabase } from '../scenario/host-fault.ts';
import type { Plan, PlannedDatabase } from '../scenario/plan.ts';
import { durationMs } from '../scenario/schema.ts';
import type { OrderAnswer } from '../workload/orders.ts';
import { type FaultRecord, type HostScene, livesAfter } from './host-scene.ts';

/** So many of the apps that are written to; faults of one drill meet the same ones. */
export function chosenApps(plan: Plan, databases: number): readonly PlannedDatabase[] {
  const busy = plan.databases.filter(({ kind, idle }) => kind === 'app' && !idle);
  const random = randomFor(plan.seed, 'host-faults');
  return Array.from({ length: Math.min(databases, busy.length) }, () =>
    busy.splice(random.int(0, busy.length - 1), 1),
  ).flat();
}

/** Has the application do something to database files; each must be seen to have been done. */
export async function actOnDatabases(
  scene: HostScene,
  fault: HostDatabase,
  record: FaultRecord,
  chosen: readonly PlannedDatabase[],
): Promise<void> {
  if (fault.do !== 'journal-mode') {
    record.count = await ordered(scene, fault.id, fault.do, chosen);
    record.engaged = record.count === fault.databases;
    return;
  }
  const left = await ordered(scene, `${fault.id}/delete`, 'journal-mode-delete', chosen);
  if (!(await livesAfter(scene, durationMs(fault.for ?? '0ms')))) return;
  const { dataDir } = scene.underTest.host.paths;
  // Whoever else opens it in WAL mode has ended the fault before its time.
  const stayed = chosen.filter(({ path }) => !existsSync(join(dataDir, `${path}-wal`)));
  const back = await ordered(scene, `${fault.id}/wal`, 'journal-mode-wal', chosen);
  record.count = Math.min(left, stayed.length, back);
  record.engaged = record.count === fault.databases;
}

type Act = Exclude<HostDatabase['do'], 'journal-mode'> | 'journal-mode-delete' | 'journal-mode-wal';

/** Tells each writer what to do with those that are its own. Answers in how many it was done. */
async function ordered(
  { drill, writers, epochs }: HostScene,
  order: string,
  act: Act,
  chosen: readonly PlannedDatabase[],
): Promise<number> {
  const isNew = act === 'recreate' || act.startsWith('replace-');
  let done = 0;
  for (const writer of new Set(chosen.map((database) => database.writer))) {
    const own = chosen.filter((database) => database.writer === writer).map(({ path }) => path);
    const epoch = Math.max(1, ...own.map((path) => epochs.get(path) ?? 1)) + 1;
    if (isNew) for (const path of own) epochs.set(path, epoch);
    const { ledger: ledgerDir } = drill.paths;
    const told = { order, act, paths: own, epoch, ledgerDir };
    done += doneIn(drill, order, await writers.order(`writer-${writer}`, told));
  }
  return done;
}

function doneIn({ recorder }: HostScene['drill'], order: string, answer: OrderAnswer | null): number {
  if (answer === null) recorder.note('warn', `${order}: no answer from the writer`);
  for (const why of answer?.failed ?? []) recorder.note('warn', `${order}: ${why}`);
  return answer?.done ?? 0;
}
