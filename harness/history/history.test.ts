import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { greenEvidence, greenRun } from '../judge/green-evidence.ts';
import { judgeRun } from '../judge/judge.ts';
import { entriesOf, NO_LINE } from './entry.ts';
import { appendHistory, historyFile, readHistory, sha256 } from './history-file.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drill-history-'));
  file = historyFile(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const RUN = greenRun([greenEvidence()]);

function entries(runId: string) {
  return entriesOf(judgeRun([greenEvidence()], { ...RUN, runId }), sha256('manifest'), new Set());
}

describe('history.ndjson', () => {
  it('has one line a drill, each with the hash of the one before', () => {
    expect(readHistory(file)).toEqual({ file, entries: [], problems: [] });
    for (const runId of ['r1', 'r2', 'r3']) appendHistory(file, entries(runId));
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const { entries: all, problems } = readHistory(file);
    expect(problems).toEqual([]);
    expect(all.map(({ runId }) => runId)).toEqual(['r1', 'r2', 'r3']);
    expect(all.map(({ previous }) => previous)).toEqual([
      NO_LINE,
      sha256(lines[0] ?? ''),
      sha256(lines[1] ?? ''),
    ]);
    expect(all[0]).toMatchObject({
      scenario: 'tiny',
      litestream: '0.3.13',
      store: 'embedded',
      verdict: 'pass',
      regressed: false,
      durationMs: 60_000,
      figures: { rpoMs: 0, rtoMs: 1600 },
      manifestSha256: sha256('manifest'),
    });
  });

  it.each([
    ['changed', (lines: string[]) => lines.splice(0, 1, (lines[0] ?? '').replace('"pass"', '"fail"'))],
    ['taken out', (lines: string[]) => lines.splice(1, 1)],
    ['put in', (lines: string[]) => lines.splice(1, 0, lines[0] ?? '')],
    ['no entry', (lines: string[]) => lines.splice(1, 1, '{"schemaVersion":2}')],
  ])('a line that was %s is told', (_, damage) => {
    for (const runId of ['r1', 'r2', 'r3']) appendHistory(file, entries(runId));
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    damage(lines);
    writeFileSync(file, `${lines.join('\n')}\n`);
    expect(readHistory(file).problems).not.toEqual([]);
  });

  it('goes on after half a line, which stays and is told', () => {
    appendHistory(file, entries('r1'));
    appendFileSync(file, '{"half":');
    appendHistory(file, entries('r2'));
    const { entries: all, problems } = readHistory(file);
    expect(all.map(({ runId }) => runId)).toEqual(['r1', 'r2']);
    expect(problems).toEqual(['line 2 is no entry of this version']);
  });

  it('takes the lines of runs that end at once, one after the other', async () => {
    const code = `
      const { workerData } = require('node:worker_threads');
      import(workerData.module).then(({ appendHistory }) => {
        for (let n = 0; n < 20; n += 1) appendHistory(workerData.file, workerData.entries);
      });`;
    const module = new URL('history-file.ts', import.meta.url).href;
    await Promise.all(
      ['a', 'b', 'c'].map(
        (runId) =>
          new Promise<void>((resolve, reject) => {
            const workerData = { module, file, entries: entries(runId) };
            new Worker(code, { eval: true, workerData }).on('error', reject).on('exit', () => resolve());
          }),
      ),
    );
    const { entries: all, problems } = readHistory(file);
    expect(problems).toEqual([]);
    expect(all).toHaveLength(60);
  });
});
