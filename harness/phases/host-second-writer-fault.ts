import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrillError } from '../errors.ts';
import { readLines } from '../ledger/lines.ts';
import type { LedgerRecord } from '../ledger/records.ts';
import { ownProgram } from '../litestream/own-program.ts';
import type { HostSecondWriter } from '../scenario/host-fault.ts';
import type { PlannedDatabase } from '../scenario/plan.ts';
import { durationMs } from '../scenario/schema.ts';
import { waitFor } from '../waiting.ts';
import type { WriterLine, WriterOptions } from '../workload/options.ts';
import { type FaultRecord, type HostScene, livesAfter, startBeside } from './host-scene.ts';
import { type SeenOfWal, WalReuse } from './wal-reuse.ts';

const WRITER = ownProgram('../workload/writer-process.ts', import.meta.url);
/** The ledger of the application's only writer: each appends whole lines, in the order of their instants. */
const LEDGER = 'writer-0.ndjson';
/** Beyond every writer of a scenario: its rows are unlike theirs. */
const FIRST_GUEST = 100;
const READY_WITHIN_MS = 20_000;
/** What is due at the end may still wait for the lock. */
const LAST_WRITE_MS = 500;
const WAL_LOOK_MS = 100;

/** A second process writes beside the application. It has engaged when it wrote to each, and so did the application meanwhile. */
export async function writeBeside(
  scene: HostScene,
  fault: HostSecondWriter,
  record: FaultRecord,
  chosen: readonly PlannedDatabase[],
): Promise<void> {
  const { drill, underTest } = scene;
  const { host } = underTest;
  const name = `second-${fault.id}`;
  let isReady = false;
  const stop = host.listen((event) => {
    if (event.event === 'line' && event.name === name)
      isReady ||= 'ready' in (JSON.parse(event.text) as WriterLine);
  });
  try {
    await start(scene, fault, name, chosen);
    await waitFor(() => (isReady || host.exitOf(name) !== null ? true : null), {
      timeoutMs: READY_WITHIN_MS,
      everyMs: 5,
      signal: drill.order.signal,
    });
    const fromUs = drill.order.clock.nowUs();
    host.input(name, 'go\n');
    const lives = await livesAfter(scene, durationMs(fault.for) + LAST_WRITE_MS);
    if (lives && host.exitOf(name) !== null) throw ended(name);
    // Side by side: reading the ledger takes a while, and a WAL is reused from the first look on at which it was.
    const wals: SeenAtTheKill = { isReused: fault.walReused === undefined ? true : null };
    const looks = lives ? lookAtWals(scene, fault, wals, record, chosen) : null;
    const wrote = await whoWrote(join(drill.paths.ledger, LEDGER), fault.id, fromUs);
    record.count = wrote.count;
    const haveWritten =
      lives && chosen.every(({ path }) => wrote.guest.has(path) && wrote.application.has(path));
    // The look at the kill may come while the ledger is read, or after it.
    record.engaged = haveWritten && wals.isReused !== false;
    await looks;
  } finally {
    stop();
  }
}

/** null: that look is still to come. */
interface SeenAtTheKill {
  isReused: boolean | null;
}

/** Looks at the WALs until the kill: what they are then, and have been since, decides whether it has engaged at all. */
async function lookAtWals(
  scene: HostScene,
  { id, walReused }: HostSecondWriter,
  wals: SeenAtTheKill,
  record: FaultRecord,
  chosen: readonly PlannedDatabase[],
): Promise<void> {
  if (walReused === undefined) return;
  const { order, recorder } = scene.drill;
  const { dataDir } = scene.underTest.host.paths;
  const seenBy = chosen.map(({ path }) => new WalReuse(join(dataDir, path)));
  const lookAtAll = (): readonly SeenOfWal[] => seenBy.map((wal) => wal.look(order.clock.nowUs()));
  scene.atTheKill(() => {
    const seen = lookAtAll();
    wals.isReused = seen.every(
      ({ pages, reusedForMs }) => pages >= walReused.pages && reusedForMs >= durationMs(walReused.for),
    );
    record.engaged &&= wals.isReused;
    const each = seen.map(
      ({ pages, reusedForMs }) => `${pages} pages reused for ${Math.round(reusedForMs)} ms`,
    );
    recorder.note(wals.isReused ? 'info' : 'warn', `${id}: WALs of ${each.join(', ')}`);
  });
  do lookAtAll();
  while (await livesAfter(scene, WAL_LOOK_MS));
}

async function start(
  scene: HostScene,
  fault: HostSecondWriter,
  name: string,
  chosen: readonly PlannedDatabase[],
): Promise<void> {
  const { drill, underTest } = scene;
  const { host } = underTest;
  const guests = drill.scenario.faults.filter(({ kind }) => kind === 'host-second-writer');
  const options: WriterOptions = {
    planPath: drill.paths.plan,
    dataDir: host.paths.dataDir,
    writerIndex: FIRST_GUEST + guests.indexOf(fault),
    life: 1,
    writesPerSecond: fault.writesPerSecond,
    durationMs: durationMs(fault.for),
    mode: 'load',
    shared: true,
    guest: { by: fault.id, paths: chosen.map(({ path }) => path), holdMs: durationMs(fault.hold) },
  };
  const optionsFile = join(host.paths.folder, `${name}.json`);
  await writeFile(optionsFile, JSON.stringify(options));
  startBeside(scene, { name, argv: [WRITER, optionsFile], ledgerFile: join(drill.paths.ledger, LEDGER) });
}

/** Writes acknowledged to the second writer, and the databases to which both wrote since then. */
async function whoWrote(
  ledger: string,
  by: string,
  sinceUs: number,
): Promise<{ count: number; guest: ReadonlySet<string>; application: ReadonlySet<string> }> {
  const [guest, application] = [new Set<string>(), new Set<string>()];
  let count = 0;
  for await (const { lines } of readLines(ledger)) {
    for (const line of lines) {
      const record = JSON.parse(line) as LedgerRecord;
      if (record.t !== 'ack' || record.at < sinceUs) continue;
      if (record.by === by) {
        guest.add(record.db);
        count++;
      } else if (record.by === undefined) application.add(record.db);
    }
  }
  return { count, guest, application };
}

function ended(name: string): DrillError {
  return new DrillError('DRILL_E_WRITER_FAILED', {
    what: 'the second writer ended by itself',
    why: 'it has to write beside the application until the end of the fault',
    fix: `look at evidence/…/logs/${name}.log in the run directory`,
    exit: 3,
  });
}
