import { join } from 'node:path';
import { ownProgram } from '../litestream/own-program.ts';
import type { HostReader } from '../scenario/host-fault.ts';
import type { PlannedDatabase } from '../scenario/plan.ts';
import { durationMs } from '../scenario/schema.ts';
import { waitFor } from '../waiting.ts';
import { type FaultRecord, type HostScene, livesAfter, startBeside } from './host-scene.ts';

const READER = ownProgram('../workload/reader-process.ts', import.meta.url);
const ANSWER_WITHIN_MS = 10_000;

type Readings = readonly { readonly isHeld: boolean; readonly walBytes: number }[];

/** Holds read transactions open. Each must still see at its end what it saw at its beginning, beside a WAL that has grown. */
export async function readLong(
  scene: HostScene,
  fault: HostReader,
  record: FaultRecord,
  chosen: readonly PlannedDatabase[],
): Promise<void> {
  const { drill, underTest } = scene;
  const { host } = underTest;
  const name = `reader-${fault.id}`;
  const said: Readings[] = [];
  const stop = host.listen((event) => {
    if (event.event === 'line' && event.name === name)
      said.push((JSON.parse(event.text) as { reading: Readings }).reading);
  });
  const answers = (count: number): Promise<Readings | null> =>
    waitFor(() => said[count - 1] ?? null, {
      timeoutMs: ANSWER_WITHIN_MS,
      everyMs: 5,
      signal: drill.order.signal,
    });
  try {
    startBeside(scene, { name, argv: [READER] });
    host.input(name, `${JSON.stringify(chosen.map(({ path }) => join(host.paths.dataDir, path)))}\n`);
    const before = await answers(1);
    if (!(await livesAfter(scene, durationMs(fault.for)))) return;
    host.input(name, '\n');
    const after = await answers(2);
    record.count = (after ?? []).filter(
      ({ isHeld, walBytes }, index) => isHeld && walBytes > (before?.[index]?.walBytes ?? 0),
    ).length;
    record.engaged = record.count === fault.databases;
  } finally {
    stop();
    host.signal(name, 'SIGKILL');
  }
}
