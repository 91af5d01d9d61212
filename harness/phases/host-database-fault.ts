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
  const done = { seen: 0, kept: 0 };
  for (let round = 1; round <= fault.times; round++) {
    if (round > 1 && !(await livesAfter(scene, durationMs(fault.every)))) return;
    const once = await actOnce(scene, fault, chosen, `${fault.id}/${round}`);
    done.seen += once.seen;
    done.kept += once.kept;
    record.count = done.seen + (fault.need === 'tried' ? done.kept : 0);
  }
  record.engaged = record.count === fault.databases * fault.times;
  const { seen, kept } = done;
  if (kept > 0)
    scene.drill.recorder.note('info', `${fault.id}: ${seen} done, ${kept} kept from it by a lock`);
}

/** In how many databases it was seen to be done, and in how many a lock of somebody else kept it from that. */
interface Done {
  readonly seen: number;
  readonly kept: number;
}

async function actOnce(
  scene: HostScene,
  fault: HostDatabase,
  chosen: readonly PlannedDatabase[],
  order: string,
): Promise<Done> {
  const busyMs = durationMs(fault.patience);
  if (fault.do !== 'journal-mode') return ordered(scene, { order, act: fault.do, busyMs }, chosen);
  const left = await ordered(scene, { order: `${order}/delete`, act: 'journal-mode-delete', busyMs }, chosen);
  if (!(await livesAfter(scene, durationMs(fault.for ?? '0ms')))) return { seen: 0, kept: left.kept };
  const { dataDir } = scene.underTest.host.paths;
  // Whoever else opens it in WAL mode has ended the fault before its time.
  const stayed = chosen.filter(({ path }) => !existsSync(join(dataDir, `${path}-wal`)));
  const back = await ordered(scene, { order: `${order}/wal`, act: 'journal-mode-wal', busyMs }, chosen);
  return { seen: Math.min(left.seen, stayed.length, back.seen), kept: left.kept };
}

type Act = Exclude<HostDatabase['do'], 'journal-mode'> | 'journal-mode-delete' | 'journal-mode-wal';

/** Tells each writer what to do with those that are its own. */
async function ordered(
  { drill, writers, epochs }: HostScene,
  { order, act, busyMs }: { readonly order: string; readonly act: Act; readonly busyMs: number },
  chosen: readonly PlannedDatabase[],
): Promise<Done> {
  const isNew = act === 'recreate' || act.startsWith('replace-');
  let seen = 0;
  let kept = 0;
  for (const writer of new Set(chosen.map((database) => database.writer))) {
    const own = chosen.filter((database) => database.writer === writer).map(({ path }) => path);
    const epoch = Math.max(1, ...own.map((path) => epochs.get(path) ?? 1)) + 1;
    if (isNew) for (const path of own) epochs.set(path, epoch);
    const { ledger: ledgerDir } = drill.paths;
    const told = { order, act, paths: own, epoch, ledgerDir, busyMs };
    const answer = await writers.order(`writer-${writer}`, told);
    tell(drill, order, answer);
    seen += answer?.done ?? 0;
    kept += answer?.kept ?? 0;
  }
  return { seen, kept };
}

function tell({ recorder }: HostScene['drill'], order: string, answer: OrderAnswer | null): void {
  if (answer === null) recorder.note('warn', `${order}: no answer from the writer`);
  for (const why of answer?.failed ?? []) recorder.note('warn', `${order}: ${why}`);
}
