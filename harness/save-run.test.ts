import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { evidenceWith, finding, greenEvidence, greenRun } from './judge/green-evidence.ts';
import { saveRun } from './save-run.ts';

let outputDir: string;
let runDir: string;
beforeEach(() => {
  outputDir = mkdtempSync(join(tmpdir(), 'drill-save-'));
  runDir = join(outputDir, 'r1');
  mkdirSync(runDir);
});
afterEach(() => rmSync(outputDir, { recursive: true, force: true }));

it('a history that cannot be read costs no result: what was measured is told', () => {
  mkdirSync(join(outputDir, 'history.ndjson'));
  const red = evidenceWith(({ fleetFindings }) => void fleetFindings.push(finding('blobs', null)));
  expect(saveRun({ runId: 'r1', runDir, outputDir }, greenRun([red]), [red])).toMatchObject({
    verdict: 'fail',
    exitCode: 1,
  });
  expect(readdirSync(runDir)).toEqual(expect.arrayContaining(['result.json', 'run.json', 'metrics.prom']));
});

it('where one report cannot be written the others do not call the run a pass', () => {
  mkdirSync(join(runDir, 'report.html', 'in-the-way'), { recursive: true });
  const green = greenEvidence();
  const result = saveRun({ runId: 'r1', runDir, outputDir }, greenRun([green]), [green]);
  expect(result).toMatchObject({ verdict: 'inconclusive', exitCode: 3 });
  const text = (name: string): string => readFileSync(join(runDir, name), 'utf8');
  expect(text('junit.xml')).toContain('errors="1"');
  expect(text('summary.md').split('\n', 1)[0]).not.toContain('pass');
  expect(text('metrics.prom')).not.toMatch(/^drill_last_success/m);
});
