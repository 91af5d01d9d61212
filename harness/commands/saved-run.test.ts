import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrillError } from '../errors.ts';
import type { Evidence } from '../evidence.ts';
import { evidenceWith, finding, greenRun } from '../judge/green-evidence.ts';
import { writeManifest } from '../manifest.ts';
import { judgeRun } from '../judge/judge.ts';
import { resultText } from '../run-directory.ts';
import type { Io } from './options.ts';
import { judgeCommand, reportCommand } from './saved-run.ts';

let reports: string;
let out: { stdout: string; stderr: string };
let io: Io;

beforeEach(() => {
  reports = mkdtempSync(path.join(tmpdir(), 'drill-reports-'));
  out = { stdout: '', stderr: '' };
  const screen = (name: keyof typeof out): Io['stdout'] => ({
    write: (text) => void (out[name] += text),
    columns: 100,
    colour: false,
    motion: false,
  });
  io = { stdout: screen('stdout'), stderr: screen('stderr'), env: {} };
});
afterEach(() => rmSync(reports, { recursive: true }));

/** A run folder as `drill run` leaves it. */
function save(evidence: Evidence, drills = [evidence.drillId]): string {
  const run = greenRun(drills.map((drillId) => ({ drillId })));
  const folder = path.join(reports, 'r1');
  mkdirSync(path.join(folder, 'evidence', evidence.drillId), { recursive: true });
  writeFileSync(path.join(folder, 'run.json'), JSON.stringify(run));
  writeFileSync(path.join(folder, 'evidence', evidence.drillId, 'evidence.json'), JSON.stringify(evidence));
  writeFileSync(path.join(folder, 'result.json'), resultText(judgeRun([evidence], run)));
  writeManifest(folder);
  return folder;
}

function judged(name: string): number {
  return judgeCommand(name, { json: true, outputDir: reports }, io);
}

const green = evidenceWith(() => undefined);

describe('judge', () => {
  test.each([
    ['added', (folder: string) => writeFileSync(path.join(folder, 'evidence', 'new.ndjson'), '{}')],
    ['not in the manifest, which is gone', (folder: string) => rmSync(path.join(folder, 'manifest.sha256'))],
  ] as const)('a file that was %s since: no pass', (_, damage) => {
    const folder = save(green);
    damage(folder);
    expect(judged(folder)).toBe(3);
    expect(out.stderr).toMatch(/is not as it was saved|is gone/);
  });

  test('gives the bytes of result.json, by folder and by name', async () => {
    const folder = save(green);
    expect(judged(folder)).toBe(0);
    const { readFileSync } = await import('node:fs');
    expect(out.stdout).toBe(readFileSync(path.join(folder, 'result.json'), 'utf8'));
    expect(judged('r1')).toBe(0);
    expect(out.stderr).toBe('');
  });

  test('takes its exit code from the judgement', () => {
    save(evidenceWith(({ fleetFindings }) => void fleetFindings.push(finding('blobs', null))));
    expect(judged('r1')).toBe(1);
  });

  test.each([
    ['changed', (file: string) => writeFileSync(file, '{}\n'), 'there is no readable'],
    ['gone', (file: string) => rmSync(file), 'there is no readable'],
  ])('a result that is %s makes the run no pass', (_, damage, warning) => {
    damage(path.join(save(green), 'result.json'));
    expect(judged('r1')).toBe(3);
    expect(out.stderr).toContain(warning);
  });

  test('a result that says pass over evidence that says otherwise is found out', () => {
    const folder = save(green);
    const bad = evidenceWith((evidence) => void (evidence.requestLogComplete = false));
    writeFileSync(path.join(folder, 'evidence', 'tiny', 'evidence.json'), JSON.stringify(bad));
    expect(judged('r1')).toBe(3);
    expect(out.stderr).toContain('says something else than its evidence');
  });

  test('a drill without evidence is no pass', () => {
    save(green, ['tiny', 'gone']);
    expect(judged('r1')).toBe(3);
    expect(out.stdout).toContain('no evidence of 1 drill: gone');
  });

  test.each([
    ['run.json', '{', 'is not JSON'],
    ['run.json', '{"runId":1}', 'is not what this version writes'],
    ['evidence/tiny/evidence.json', '{"schemaVersion":2}', 'is not what this version writes'],
  ])('%s with %s: exit 2', (file, text, what) => {
    writeFileSync(path.join(save(green), file), text);
    expect(() => judged('r1')).toThrow(expect.objectContaining({ code: 'DRILL_E_RUN_UNREADABLE', exit: 2 }));
    expect(() => judged('r1')).toThrow(what);
  });

  test('a drill id that leaves the folder is refused', () => {
    save(green, ['../../etc']);
    expect(() => judged('r1')).toThrow(DrillError);
  });
});

describe('report', () => {
  test('shows the saved result and passes no verdict of its own', () => {
    save(evidenceWith(({ fleetFindings }) => void fleetFindings.push(finding('blobs', null))));
    expect(reportCommand('r1', { json: false, outputDir: reports, format: 'console' }, io)).toBe(0);
    expect(out.stdout).toContain('FAIL  1 check failed: blobs');
    expect(out.stdout.trimEnd()).toMatch(/repeat: npm run drill -- --scenario=tiny --seed=42$/);
  });

  test('shows how drills of its kind went before, as the run did', () => {
    const folder = save(green);
    const run = greenRun([{ drillId: 'tiny' }]);
    const earlier = (rtoMs: number | null) =>
      ({ runId: 'r', startedAt: '2026-10-01T00:00:00Z', verdict: 'pass', rpoMs: 0, rtoMs }) as const;
    const known = { ...run, earlier: { tiny: [earlier(9000), earlier(null), earlier(800)] } };
    writeFileSync(path.join(folder, 'run.json'), JSON.stringify(known));
    writeFileSync(path.join(folder, 'result.json'), resultText(judgeRun([green], known)));
    const trend = 'trend   RPO ▁▁▁▁  RTO █ ▁▂  (4 drills, this one last)';
    reportCommand('r1', { json: false, outputDir: reports, format: 'console' }, io);
    expect(out.stdout).toContain(trend);
    out.stdout = '';
    judgeCommand('r1', { json: false, outputDir: reports }, io);
    expect(out.stdout).toContain(trend);
  });

  test.each([
    ['html', '<!doctype html>'],
    ['markdown', '## '],
    ['junit', '<?xml version="1.0"'],
    ['prometheus', '# HELP drill_'],
  ] as const)('as %s on stdout, the text that the run has in its folder', (format, start) => {
    save(green);
    expect(reportCommand('r1', { json: false, outputDir: reports, format }, io)).toBe(0);
    expect(out.stdout).toSatisfy((text: string) => text.startsWith(start));
    expect(out.stdout).toContain('tiny');
  });
});
