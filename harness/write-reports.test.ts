import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { REPORTERS } from './reporters.ts';
import { resultSchema } from './result.ts';
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
