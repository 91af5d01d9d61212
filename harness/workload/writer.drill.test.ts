import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  applyIntent,
  livingEqualLedger,
  replay,
  scanDatabase,
  seedSmall,
  smallScenario,
} from './fleet-fixture.ts';
import type { SeededFleet } from './fleet-fixture.ts';
import type { WriterLine } from './options.ts';

const WRITER = fileURLToPath(new URL('writer-process.ts', import.meta.url));

type Writer = ChildProcessByStdio<Writable, Readable, null>;

/** Starts a writer as the host does: ledger on descriptor 3, options in a file. */
function startWriter(fleet: SeededFleet, writesPerSecond: number): Writer {
  const file = join(fleet.folder, 'options.json');
  const planPath = join(fleet.folder, 'plan.json');
  writeFileSync(planPath, JSON.stringify(fleet.plan));
  const { dataDir } = fleet;
  writeFileSync(
    file,
    JSON.stringify({
      planPath,
      dataDir,
      writerIndex: 0,
      life: 1,
      writesPerSecond,
      durationMs: 20_000,
      mode: 'load',
    }),
  );
  const ledger = openSync(join(fleet.ledgerDir, 'writer-0.ndjson'), 'a');
  const child = spawn(process.execPath, [WRITER, file], { stdio: ['pipe', 'pipe', 'inherit', ledger] });
  closeSync(ledger);
  return child as unknown as Writer;
}

/** Reads lines until one is as wanted. */
async function until(lines: AsyncIterator<string>, wanted: (line: WriterLine) => boolean): Promise<void> {
  for (;;) {
    const next = await lines.next();
    if (next.done === true) throw new Error('the writer ended');
    if (wanted(JSON.parse(next.value) as WriterLine)) return;
  }
}

async function writing(fleet: SeededFleet, writes: number): Promise<Writer> {
  const writer = startWriter(fleet, 20_000);
  const lines = createInterface({ input: writer.stdout })[Symbol.asyncIterator]();
  await until(lines, (line) => 'ready' in line);
  writer.stdin.write('go\n');
  await until(lines, (line) => 'acknowledged' in line && line.acknowledged >= writes);
  return writer;
}

describe('writer process', () => {
  it('loses no acknowledged write to SIGKILL, and leaves at most one open in each database', async () => {
    for (let kill = 0; kill < 8; kill++) {
      const fleet = await seedSmall(
        smallScenario({ workload: { duration: '2s', newRealms: 1, newApps: 2 } }),
        100 + kill,
      );
      try {
        const writer = await writing(fleet, 100 + 300 * kill);
        writer.kill('SIGKILL');
        await once(writer, 'close');
        let acknowledged = 0;
        for (const [path, expected] of replay(fleet.ledgerDir)) {
          expect(expected.problems, path).toEqual([]);
          acknowledged += expected.seq;
          // Killed after the ledger knew of a new file and before the file had its name.
          if (expected.seq === 0 && !existsSync(join(fleet.dataDir, path))) continue;
          const without = new Map(expected.tables);
          if (expected.open !== null) applyIntent(expected, expected.open);
          const found = scanDatabase(join(fleet.dataDir, path)).tables;
          expect([without, expected.tables], path).toContainEqual(found);
        }
        expect(acknowledged).toBeGreaterThanOrEqual(100 + 300 * kill);
      } finally {
        fleet[Symbol.dispose]();
      }
    }
  });

  it('ends by itself when the harness is gone, in the middle of its load', async () => {
    const fleet = await seedSmall(smallScenario(), 77);
    try {
      const writer = await writing(fleet, 50);
      writer.stdin.end();
      const [code] = (await once(writer, 'close')) as [number];
      expect(code).toBe(0);
      livingEqualLedger(fleet);
    } finally {
      fleet[Symbol.dispose]();
    }
  });

  it('ends at once when the harness goes before the start', async () => {
    const fleet = await seedSmall(smallScenario(), 78);
    try {
      const writer = startWriter(fleet, 100);
      writer.stdin.end();
      const [code] = (await once(writer, 'close')) as [number];
      expect(code).toBe(0);
      for (const [path, { seq }] of livingEqualLedger(fleet)) expect(seq, path).toBe(0);
    } finally {
      fleet[Symbol.dispose]();
    }
  });
});
