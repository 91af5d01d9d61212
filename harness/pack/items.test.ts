import { describe, expect, test } from 'vitest';
import type { Evidence } from '../evidence.ts';
import { evidenceWith, finding, greenRun } from '../judge/green-evidence.ts';
import { judgeRun } from '../judge/judge.ts';
import { packItems } from './items.ts';
import { NO_STATEMENT } from './statement.ts';

function itemsOf(evidences: readonly Evidence[], more: Partial<Parameters<typeof packItems>[0]> = {}) {
  const run = greenRun(evidences);
  return packItems({
    result: judgeRun(evidences, run),
    run,
    evidences,
    history: [],
    statement: NO_STATEMENT,
    packedAt: '2026-11-02T00:00:00.000Z',
    workIsKept: false,
    ...more,
  });
}

/** A control that plants a hole in the rows, and in which the checks named are red. */
function control(drillId: string, ...red: ('content' | 'blobs')[]): Evidence {
  return evidenceWith((evidence) => {
    evidence.drillId = drillId;
    Object.assign(evidence.scenario, { expect: 'fail', mustFail: ['content'] });
    const [database] = evidence.databases;
    if (red.includes('content')) database?.verified?.findings.push(finding('content', database.path));
    if (red.includes('blobs')) evidence.fleetFindings.push(finding('blobs', null));
  });
}

describe('findings', () => {
  test('of a negative control that was caught are what was planted, and none is open', () => {
    const { findings, verdict } = itemsOf([control('hole', 'content', 'blobs')]);
    expect(findings.ofThisDrill).toEqual([]);
    expect(findings.planted).toMatchObject([
      { drillId: 'hole', check: 'content', verdict: 'fail', isNamed: true },
      { drillId: 'hole', check: 'blobs', verdict: 'fail', isNamed: false },
    ]);
    expect(verdict.negativeControls).toMatchObject([
      { drillId: 'hole', planted: [{ what: 'content', isRed: true }], caught: true, verdict: 'pass' },
    ]);
  });

  test('of one that nothing caught are that nothing caught it', () => {
    const { findings, verdict } = itemsOf([control('hole', 'blobs')]);
    expect(findings.ofThisDrill).toMatchObject([
      { drillId: 'hole', class: 'harness', code: 'control-not-caught', fix: expect.any(String) },
    ]);
    expect(findings.planted).toMatchObject([{ check: 'blobs', isNamed: false }]);
    expect(verdict.negativeControls).toMatchObject([
      { planted: [{ what: 'content', isRed: false }], caught: false, verdict: 'fail' },
    ]);
  });

  test('of a control that shows nothing leave open whether it was caught', () => {
    const broken = control('hole', 'content');
    broken.harnessFaults.push({ code: 'DRILL_E_TIMEOUT', phase: 'load', message: 'too slow' });
    expect(itemsOf([broken]).verdict.negativeControls).toMatchObject([
      { caught: null, verdict: 'inconclusive' },
    ]);
  });

  test('of any other drill are open: its checks, and whose failure it is', () => {
    const failed = evidenceWith(({ fleetFindings }) => void fleetFindings.push(finding('blobs', null)));
    const { ofThisDrill, planted } = itemsOf([failed, control('hole', 'content')]).findings;
    expect(ofThisDrill).toMatchObject([
      { drillId: 'tiny', check: 'blobs', verdict: 'fail', class: 'subject', code: 'blobs' },
    ]);
    expect(planted).toHaveLength(1);
    const spoilt = evidenceWith(({ harnessFaults }) => {
      harnessFaults.push({ code: 'DRILL_E_TIMEOUT', phase: 'load', message: 'too slow' });
    });
    expect(itemsOf([spoilt]).findings.ofThisDrill).toMatchObject([
      { drillId: 'tiny', check: null, class: 'environment', code: 'DRILL_E_TIMEOUT' },
    ]);
  });
});
