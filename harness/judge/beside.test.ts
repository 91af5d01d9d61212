import { describe, expect, test } from 'vitest';
import { type Evidence, evidenceSchema } from '../evidence.ts';
import type { Finding } from '../evidence/checks.ts';
import { resultSchema, type ScenarioResult } from '../result.ts';
import { databaseIn, evidenceWith, finding, KILL_US } from './green-evidence.ts';
import { judge } from './judge.ts';

/** Blobs and hooks: what lies beside the databases has a promise of its own. */

const SHOP = 'realms/acme/apps/shop/data.db';
const BLOBS: NonNullable<Evidence['blobs']> = {
  backend: 'local',
  mirrorIntervalSec: 2,
  mirrorBehindMs: 1200,
  expected: 10,
  acknowledgedUploads: 5,
  lostAgesMs: [],
};
const HOOKS: NonNullable<Evidence['hooks']> = {
  committed: 6,
  acknowledgedEdits: 3,
  lostEdits: 3,
  drifted: ['hooks/acme/shop/a.js', 'hooks/acme/shop/b.js'],
};

function judged(change: (evidence: Evidence) => void): ScenarioResult {
  const result = judge(
    evidenceSchema.parse(
      evidenceWith((evidence) => {
        evidence.blobs = { ...BLOBS };
        evidence.hooks = { ...HOOKS };
        evidence.fleetChecksRun.push('hooks');
        change(evidence);
      }),
    ),
  );
  resultSchema.shape.scenarios.element.parse(result);
  return result;
}

function check(result: ScenarioResult, id: 'blobs' | 'hooks'): ScenarioResult['checks'][number] | undefined {
  return result.checks.find((one) => one.id === id);
}

function unmirrored(ageMs: number): Finding {
  return { ...finding('blobs', SHOP), explainedByLossAgeMs: ageMs, promise: 'blobs' };
}

function demand(evidence: Evidence, ...expressions: string[]): void {
  evidence.scenario.objectives = [...evidence.scenario.objectives].concat(
    expressions.map((expression) => ({ expression, line: 10 })),
  );
}

describe('a blob that is not back', () => {
  test('is excused for one interval, or for as long as the mirror was behind, and proves nothing beyond two intervals', () => {
    for (const [ageMs, behindMs, verdict] of [
      [2000, 1200, 'pass'],
      [2001, 1200, 'fail'],
      [2500, 2500, 'pass'],
      [2501, 2500, 'fail'],
      // Stored as a round began, it waits for the next one, which the kill may cut off. More is a mirror that hangs.
      [4000, 60_000, 'pass'],
      [4001, 60_000, 'inconclusive'],
      [60_001, 60_000, 'fail'],
    ] as const) {
      const result = judged((evidence) => {
        evidence.blobs = { ...BLOBS, mirrorBehindMs: behindMs, lostAgesMs: [ageMs] };
        evidence.fleetFindings.push(unmirrored(ageMs));
      });
      expect([ageMs, result.verdict, check(result, 'blobs')?.verdict]).toEqual([ageMs, verdict, verdict]);
    }
  });

  test('is bounded by the objective on blobs where there is one, and by no objective on databases', () => {
    const lost = (ageMs: number, ...objectives: string[]): ScenarioResult =>
      judged((evidence) => {
        evidence.blobs = { ...BLOBS, mirrorBehindMs: 60_000, lostAgesMs: [ageMs] };
        evidence.fleetFindings.push(unmirrored(ageMs));
        demand(evidence, ...objectives);
      });
    expect(lost(900, 'blobRpoMs < 1000').verdict).toBe('pass');
    expect(check(lost(1001, 'blobRpoMs < 1000', 'blobRpoMs <= 4000'), 'blobs')?.verdict).toBe('fail');
    expect(check(lost(20_000, 'blobRpoMs < 30000'), 'blobs')?.verdict).toBe('pass');
    expect(check(lost(2001, 'rpoMs max < 1'), 'blobs')?.verdict).toBe('pass');
  });

  test('because the mirror hung is named with the age of the oldest', () => {
    const result = judged((evidence) => {
      evidence.blobs = { ...BLOBS, mirrorBehindMs: 60_000, lostAgesMs: [20_000, 9000, 1000] };
      evidence.fleetFindings.push(unmirrored(20_000), unmirrored(9000), unmirrored(1000));
    });
    expect(result).toMatchObject({ verdict: 'inconclusive', reason: 'could not be judged: blobs' });
    expect(check(result, 'blobs')?.detail).toBe(
      'could not be judged: the mirror was 60.0 s behind, and 2 blobs of up to 20.0 s are excused by nothing else: ' +
        'more than two of its rounds of 2.0 s; a blobRpoMs objective would bound them. ' +
        '3 blobs not yet mirrored, within the accepted 60.0 s',
    );
  });

  test('in S3 is excused by nothing', () => {
    const result = judged((evidence) => {
      evidence.blobs = { ...BLOBS, backend: 's3', mirrorIntervalSec: null, mirrorBehindMs: null };
      evidence.fleetFindings.push(unmirrored(1));
    });
    expect(check(result, 'blobs')?.verdict).toBe('fail');
  });

  test('because the deletion of its file was lost is bounded by the objective on databases', () => {
    const deletion = (ageMs: number): Finding => ({ ...finding('blobs', SHOP), explainedByLossAgeMs: ageMs });
    const losing = (ageMs: number): ScenarioResult =>
      judged((evidence) => void evidence.fleetFindings.push(deletion(ageMs)));
    expect(check(losing(15_000), 'blobs')).toMatchObject({
      verdict: 'pass',
      detail: '1 blob gone with a file whose deletion was lost within the RPO objective',
    });
    expect(check(losing(15_001), 'blobs')?.verdict).toBe('fail');
  });

  test('is named with its age on its database and in the check', () => {
    const result = judged((evidence) => {
      evidence.fleetFindings.push(unmirrored(9000), unmirrored(1000));
    });
    expect(result.databases.find(({ path }) => path === SHOP)).toMatchObject({
      verdict: 'fail',
      failedChecks: ['blobs'],
    });
    expect(check(result, 'blobs')?.detail).toBe(
      `${SHOP}: 1 (1 planted; uploaded 9.0 s before the kill). 1 blob not yet mirrored, within the accepted 2.0 s`,
    );
  });

  test('does not take the excuse from a database that came back torn and was not promised', () => {
    const torn = (blob: Finding): ScenarioResult =>
      judged((evidence) => {
        const shop = databaseIn(evidence, SHOP);
        Object.assign(shop, { protectedUs: null, claimedProtected: false, createdUs: KILL_US - 5_000_000 });
        shop.verified?.findings.push(finding('content', SHOP));
        evidence.scenario.secondLife = false;
        evidence.fleetFindings.push(blob);
      });
    expect(torn(unmirrored(1000)).verdict).toBe('pass');
    expect(torn(unmirrored(9000)).verdict).toBe('fail');
    expect(torn(finding('blobs', SHOP)).verdict).toBe('fail');
  });
});

describe('figures', () => {
  test('the RPO of blobs is the age of the oldest lost one, 0 without, and not measured where none was expected', () => {
    const figures = (blobs: Partial<typeof BLOBS>): unknown[] => {
      const { measurements } = judged((evidence) => {
        evidence.blobs = { ...BLOBS, ...blobs };
      });
      return [measurements.blobRpoMs, measurements.lostBlobs, measurements.acknowledgedUploads];
    };
    expect(figures({ lostAgesMs: [70, 900] })).toEqual([900, 2, 5]);
    expect(figures({})).toEqual([0, 0, 5]);
    expect(figures({ expected: 0, acknowledgedUploads: 0 })).toEqual([null, 0, 0]);
  });

  test('an objective on them is judged, and one that was not measured is inconclusive', () => {
    const verdicts = (blobs: Evidence['blobs']): (string | undefined)[] =>
      judged((evidence) => {
        if (blobs === undefined) delete evidence.blobs;
        else evidence.blobs = blobs;
        demand(evidence, 'blobRpoMs < 1000', 'lostHookEdits == 0');
      })
        .objectives.slice(-2)
        .map(({ verdict }) => verdict);
    expect(verdicts(BLOBS)).toEqual(['pass', 'fail']);
    expect(verdicts({ ...BLOBS, lostAgesMs: [1000] })).toEqual(['fail', 'fail']);
    expect(verdicts(undefined)).toEqual(['inconclusive', 'fail']);
  });

  test('evidence that knows neither has no figure and no check for them, to the byte', () => {
    const result = judge(evidenceWith(() => undefined));
    expect(Object.keys(result.measurements)).not.toContain('blobRpoMs');
    expect(Object.keys(result.measurements)).not.toContain('lostHookEdits');
    expect(check(result, 'hooks')).toBeUndefined();
  });
});

describe('hooks', () => {
  test('that were edited live and never committed are named, and are no failure', () => {
    const result = judged(() => undefined);
    expect(result.verdict).toBe('pass');
    expect(result.measurements).toMatchObject({ lostHookEdits: 3, acknowledgedHookEdits: 3 });
    expect(check(result, 'hooks')).toMatchObject({
      verdict: 'pass',
      actual: '6 hooks as version control has them',
      detail:
        '3 live edits lost, not replicated by design and never committed: hooks/acme/shop/a.js, hooks/acme/shop/b.js',
    });
  });

  test('that are not as version control has them fail, whatever became of their app', () => {
    const result = judged((evidence) => {
      evidence.fleetFindings.push(finding('hooks', SHOP, 2));
      const shop = databaseIn(evidence, SHOP);
      Object.assign(shop, { protectedUs: null, claimedProtected: false, createdUs: KILL_US - 1_000_000 });
      shop.verified?.findings.push(finding('integrity', SHOP));
      evidence.scenario.secondLife = false;
    });
    expect(check(result, 'hooks')?.verdict).toBe('fail');
    expect(result.verdict).toBe('fail');
  });

  test('that nobody has fail too, and a check that did not run or threw is no pass', () => {
    const stray = judged((evidence) => {
      delete evidence.hooks;
      evidence.fleetFindings.push(finding('hooks', null));
    });
    expect(check(stray, 'hooks')?.verdict).toBe('fail');
    const left = judged((evidence) => void evidence.fleetChecksRun.pop());
    expect(check(left, 'hooks')?.verdict).toBe('inconclusive');
    const threw = judged((evidence) => {
      delete evidence.hooks;
      evidence.fleetChecksRun.pop();
      evidence.thrown.push({ check: 'hooks', database: null, error: 'EIO' });
    });
    expect(threw.verdict).toBe('inconclusive');
  });
});
