import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { entriesOf } from './history/entry.ts';
import { appendHistory, historyFile } from './history/history-file.ts';
import { databaseIn, evidenceWith, greenEvidence, greenRun } from './judge/green-evidence.ts';
import { judgeRun } from './judge/judge.ts';
import { REPORTERS } from './reporters.ts';
import { type Result, resultSchema } from './result.ts';
import { writeReports } from './write-reports.ts';

/** A result as version 0.1.0 wrote it: whatever is added to the schema, it must still be read and shown. */
const OLD = resultSchema.parse(
  JSON.parse(readFileSync(new URL('result-of-0.1.0.json', import.meta.url), 'utf8')),
);

const all = { reporters: REPORTERS };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-reports-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('shows a result of an earlier version in every form', () => {
  expect(writeReports(OLD, { ...all, runDir: folder, outputDir: folder })).toEqual([]);
  const files = readdirSync(folder).toSorted();
  expect(files).toEqual(['junit.xml', 'metrics.prom', 'report.html', 'summary.md']);
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    expect(text).toContain('smoke');
    expect(text, file).not.toMatch(/\bNaN\b|\bundefined\b/);
  }
});

it('names a report that could not be written, and writes the others', () => {
  mkdirSync(join(folder, 'junit.xml', 'in-the-way'), { recursive: true });
  expect(writeReports(OLD, { ...all, runDir: folder, outputDir: folder })).toEqual([
    expect.stringContaining('junit.xml: '),
  ]);
  expect(readdirSync(folder)).toContain('report.html');
});

it('writes the reports that were asked for, and no other', () => {
  const place = { runDir: folder, outputDir: folder };
  expect(writeReports(OLD, { ...place, reporters: ['junit', 'github'] })).toEqual([]);
  expect(readdirSync(folder)).toEqual(['junit.xml']);
});

it('tells the last success after a bad night, where nothing but the history was kept', () => {
  const green = judgeRun([greenEvidence()], greenRun([greenEvidence()]));
  const bad = evidenceWith((evidence) => {
    Object.assign(databaseIn(evidence, 'realms/acme/apps/shop/data.db'), {
      lostWriteAgesMs: [90_000],
      acknowledged: 101,
    });
  });
  const badRun = (day: number): Result =>
    judgeRun([bad], { ...greenRun([bad]), startedAt: `2026-11-0${day}T00:00:00.000Z` });
  for (const result of [green, badRun(2)])
    appendHistory(historyFile(folder), entriesOf(result, 'ab'.repeat(32), new Set()));
  writeReports(badRun(3), { reporters: ['prometheus'], runDir: folder, outputDir: folder });
  expect(readFileSync(join(folder, 'metrics.prom'), 'utf8')).toMatch(
    /^drill_last_success_timestamp_seconds\{scenario="tiny",litestream_line="0.3",store="embedded"\} 1793491290$/m,
  );
});
