import { describe, expect, test } from 'vitest';
import { type Evidence, evidenceSchema } from '../evidence.ts';
import { type AnyCheckId, CHECK_IDS, type CheckId, DATABASE_CHECK_IDS } from '../evidence/checks.ts';
import { resultSchema, type ScenarioResult } from '../result.ts';
import {
  databaseIn,
  evidenceWith,
  finding,
  greenEvidence,
  greenRun,
  KILL_US,
  notRestored,
} from './green-evidence.ts';
import { judge, judgeRun } from './judge.ts';

const SHOP = 'realms/acme/apps/shop/data.db';
const REALM = 'realms/acme/realm.db';

function judged(change: (evidence: Evidence) => void): ScenarioResult {
  return judge(evidenceSchema.parse(evidenceWith(change)));
}

function check(result: ScenarioResult, id: CheckId): ScenarioResult['checks'][number] {
  const found = result.checks.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no check ${id}`);
  return found;
}

/** Ids of the checks with this verdict. */
function checksWith(result: ScenarioResult, verdict: string): AnyCheckId[] {
  return result.checks.filter((one) => one.verdict === verdict).map(({ id }) => id);
}

function row(result: ScenarioResult, path: string): ScenarioResult['databases'][number] | undefined {
  return result.databases.find((one) => one.path === path);
}

describe('a green drill', () => {
  const result = judge(greenEvidence());

  test('passes, with every check there', () => {
    expect(result).toMatchObject({
      verdict: 'pass',
      reason: 'every check held and every objective was kept',
    });
    const checks = CHECK_IDS.filter((id) => !['hooks', 'point-in-time', 'rehearsal'].includes(id));
    expect(result.checks.map(({ id }) => id)).toEqual(checks);
    expect(checksWith(result, 'pass')).toEqual(checks);
    expect(result.databases.map(({ path, verdict }) => [path, verdict])).toEqual([
      [SHOP, 'pass'],
      [REALM, 'pass'],
      ['system.db', 'pass'],
    ]);
  });

  test('has its figures', () => {
    expect(result.measurements).toMatchObject({
      rpoMs: { p50: 0, max: 0 },
      recoveryPointAgeMs: { max: 0 },
      rtoMs: 1600,
      restoreMs: 800,
      verifyMs: 300,
      firstDatabaseMs: 300,
      protectedAgainMs: 4000,
      timeToProtectionMs: { max: 2000 },
      skewMs: { max: 0 },
      acknowledgedWrites: 300,
      unknownWrites: 3,
      lostWrites: 0,
      databasesRestored: 3,
    });
    expect(result.timeline.map(({ phase, startMs }) => [phase, startMs])).toEqual([
      ['seed', 0],
      ['load', 20_000],
    ]);
  });

  test('is judged to the same bytes, whatever the order of the databases', () => {
    const turned = evidenceWith((evidence) => void (evidence.databases = evidence.databases.toReversed()));
    expect(JSON.stringify(judge(turned))).toBe(JSON.stringify(result));
    expect(JSON.stringify(judge(greenEvidence()))).toBe(JSON.stringify(result));
  });

  test('fits the result schema', () => {
    const run = judgeRun([greenEvidence()], runOf(['tiny']));
    expect(resultSchema.parse(run)).toEqual(run);
  });
});

describe('findings', () => {
  test.each(DATABASE_CHECK_IDS)('%s fails on the database and with the count', (id) => {
    const result = judged((evidence) =>
      databaseIn(evidence, SHOP).verified?.findings.push(finding(id, SHOP, 3)),
    );
    expect(result).toMatchObject({ verdict: 'fail', reason: `1 check failed: ${id}` });
    expect(checksWith(result, 'fail')).toEqual([id]);
    expect(check(result, id)).toMatchObject({
      expected: 'as written',
      actual: 'otherwise',
      detail: `${SHOP}: 3 (3 planted)`,
    });
    expect(row(result, SHOP)).toMatchObject({ verdict: 'fail', failedChecks: [id], detail: '3 planted' });
    expect(row(result, REALM)?.verdict).toBe('pass');
  });

  test.each(['inventory', 'clean-host', 'invariants', 'blobs'] as const)('%s fails on the fleet', (id) => {
    const result = judged((evidence) => evidence.fleetFindings.push(finding(id, null)));
    expect(checksWith(result, 'fail')).toEqual([id]);
    expect(check(result, id).detail).toBe('the fleet: 1 (1 planted)');
  });

  test('many databases: the five worst by name, the rest as a number', () => {
    const result = judged((evidence) => {
      for (let index = 1; index <= 8; index += 1) {
        evidence.fleetFindings.push(finding('invariants', `realms/r${index}/realm.db`, index));
      }
    });
    const { actual, detail } = check(result, 'invariants');
    expect(actual).toBe('36 faults in 8 databases');
    expect(detail).toMatch(
      /^realms\/r8\/realm\.db: 8 \(8 planted\); .*r4\/realm\.db: 4 \(4 planted\); and 3 more$/,
    );
  });

  test('the same finding after both restores counts once', () => {
    const twice = finding('blobs', SHOP, 2);
    const result = judged((evidence) => evidence.fleetFindings.push(twice, structuredClone(twice)));
    expect(check(result, 'blobs').detail).toBe(`${SHOP}: 2 (2 planted)`);
  });

  test.each([
    [15_000, 'pass'],
    [15_000.001, 'fail'],
    [null, 'fail'],
  ] as const)('explained by a loss %s ms old: %s', (explainedByLossAgeMs, verdict) => {
    const result = judged((evidence) => {
      evidence.fleetFindings.push({ ...finding('invariants', REALM, 2), explainedByLossAgeMs });
    });
    expect(check(result, 'invariants').verdict).toBe(verdict);
    if (verdict === 'pass') {
      expect(check(result, 'invariants').detail).toBe(
        '2 further faults explained by writes lost within the RPO objective',
      );
      expect(result.verdict).toBe('pass');
    }
  });
});

describe('not measured is not passed', () => {
  test.each<[string, (evidence: Evidence) => void, string]>([
    ['no kill', (evidence) => void (evidence.kill = null), 'nothing was measured: the host was not killed'],
    [
      'no acknowledged write',
      ({ databases }) => databases.forEach((database) => (database.acknowledged = 0)),
      'nothing was measured: no write was acknowledged',
    ],
    [
      'a survivor',
      ({ kill }) => void kill?.survivors.push({ pid: 7, command: 'litestream' }),
      'the host was not dead: 7 litestream',
    ],
    [
      'a fault that never engaged',
      ({ faults }) => void faults.push({ id: 'outage', engaged: false, count: 0 }),
      'the fault outage never engaged',
    ],
    [
      'a fault of the rig',
      ({ harnessFaults }) => void harnessFaults.push({ code: 'X', phase: 'restore', message: 'store died' }),
      'the rig failed in phase restore: store died',
    ],
    [
      'an incomplete request log',
      (evidence) => void (evidence.requestLogComplete = false),
      'could not be judged: no-late-uploads',
    ],
    [
      'nothing restored yet',
      (evidence) => {
        evidence.recovery.restoredUs = null;
        for (const { path } of evidence.databases) notRestored(evidence, path, 'not-attempted');
      },
      'could not be judged: inventory, identity, integrity, foreign-keys, schema, contiguity, no-phantoms, ' +
        'row-counts, content, second-life, objectives',
    ],
    [
      'a check that did not run on one database',
      (evidence) => void databaseIn(evidence, SHOP).verified?.checksRun.splice(3, 1),
      'could not be judged: schema',
    ],
    [
      'a database that was not verified',
      (evidence) => void (databaseIn(evidence, SHOP).verified = null),
      expect.stringMatching(/^could not be judged: identity, .*content$/),
    ],
    [
      'a second life that was not verified',
      (evidence) =>
        void (evidence.fleetChecksRun = evidence.fleetChecksRun.filter((id) => id !== 'second-life')),
      'could not be judged: second-life',
    ],
    [
      'a fleet check that did not run',
      ({ fleetChecksRun }) => void fleetChecksRun.splice(3, 1),
      'could not be judged: blobs',
    ],
    [
      'a check that threw on a database',
      (evidence) =>
        void databaseIn(evidence, SHOP).verified?.thrown.push({
          check: 'content',
          database: SHOP,
          error: 'boom',
        }),
      'could not be judged: content',
    ],
    [
      'a check that threw on the fleet',
      ({ thrown }) => void thrown.push({ check: 'blobs', database: null, error: 'boom' }),
      'could not be judged: blobs',
    ],
    [
      'an objective without a measurement',
      (evidence) => void (evidence.recovery.firstWritesUs = null),
      'could not be judged: objectives',
    ],
    [
      'an objective that cannot be read',
      ({ scenario }) => void scenario.objectives.push({ expression: 'vibes > 9', line: 10 }),
      'could not be judged: objectives',
    ],
    [
      'no objective at all',
      ({ scenario }) => void (scenario.objectives = []),
      'could not be judged: objectives',
    ],
    [
      'a second life that did not happen',
      ({ databases }) => databases.forEach((database) => (database.second = null)),
      'could not be judged: second-life',
    ],
    [
      'a second restore that was not verified',
      (evidence) => {
        const { second } = databaseIn(evidence, SHOP);
        if (second !== null) second.verified = null;
      },
      'could not be judged: second-life',
    ],
    [
      'fewer lost writes recorded than the recovery point tells',
      (evidence) => void (databaseIn(evidence, SHOP).acknowledged = 101),
      'could not be judged: contiguity',
    ],
  ])('%s', (_, change, reason) => {
    const result = judged(change);
    expect(result.verdict).toBe('inconclusive');
    expect(result.reason).toEqual(reason);
  });

  test('a fault of the rig outweighs a failing check, which stays visible', () => {
    const result = judged((evidence) => {
      evidence.fleetFindings.push(finding('blobs', SHOP));
      evidence.harnessFaults.push({ code: 'X', phase: 'verify', message: 'ledger truncated' });
    });
    expect(result).toMatchObject({
      verdict: 'inconclusive',
      reason: 'the rig failed in phase verify: ledger truncated; blobs failed too, perhaps because of it',
    });
    expect(check(result, 'blobs').verdict).toBe('fail');
  });

  test('a failing check outweighs one that could not be judged', () => {
    const result = judged((evidence) => {
      evidence.requestLogComplete = false;
      evidence.fleetFindings.push(finding('blobs', SHOP));
    });
    expect(result.verdict).toBe('fail');
  });
});

describe('inventory', () => {
  test.each(['failed', 'timeout', 'no-file', 'not-in-bucket', 'not-registered'] as const)(
    '%s fails',
    (outcome) => {
      const result = judged((evidence) => notRestored(evidence, SHOP, outcome));
      expect(result.verdict).toBe('fail');
      expect(checksWith(result, 'fail')).toEqual(['inventory', 'objectives']);
      expect(check(result, 'inventory').detail).toContain(`${SHOP}: 1 (`);
      expect(row(result, SHOP)).toMatchObject({
        verdict: 'fail',
        failedChecks: ['inventory'],
        rpoMs: 50_000,
      });
      expect(result.measurements).toMatchObject({ lostWrites: 100, lostWritesBeyondRpo: 100, rtoMs: null });
      expect(result.measurements.rpoMs?.max).toBe(50_000);
    },
  );

  test('a database that the recovery never heard of', () => {
    const result = judged((evidence) => {
      notRestored(evidence, SHOP, 'failed');
      databaseIn(evidence, SHOP).restore = null;
    });
    expect(check(result, 'inventory')).toMatchObject({
      verdict: 'fail',
      actual: 'neither registered nor in the bucket; protected, 50.0 s old',
    });
  });

  test('unsound fails integrity too', () => {
    const result = judged((evidence) => notRestored(evidence, SHOP, 'unsound'));
    expect(checksWith(result, 'fail')).toEqual(['inventory', 'integrity', 'objectives']);
    expect(row(result, SHOP)?.failedChecks).toEqual(['inventory', 'integrity']);
  });

  test.each(['unsound', 'failed', 'not-in-bucket', 'no-file', 'not-registered'] as const)(
    'young and never protected: %s is excused, and counted',
    (outcome) => {
      const result = judged((evidence) => {
        young(evidence, 3000);
        notRestored(evidence, SHOP, outcome);
      });
      expect(result.verdict).toBe('pass');
      expect(check(result, 'inventory').detail).toContain(
        `1 database excused, within the RPO objective: ${SHOP}`,
      );
      expect(row(result, SHOP)).toMatchObject({ verdict: 'pass', rpoMs: 3000, lostWrites: 2 });
      expect(row(result, SHOP)?.detail).toMatch(/^excused: /);
      expect(result.measurements).toMatchObject({ rpoMs: { max: 3000 }, lostWrites: 2, rtoMs: 1600 });
    },
  );

  test('never protected, but older than the RPO objective', () => {
    const result = judged((evidence) => {
      young(evidence, 15_001);
      notRestored(evidence, SHOP, 'not-in-bucket');
    });
    expect(check(result, 'inventory').verdict).toBe('fail');
  });

  test.each<[string, Partial<Evidence['databases'][number]>]>([
    ['claimed', { claimedProtected: true }],
    ['seen', { protectedUs: KILL_US - 1 }],
  ])('protected implies restorable: %s protected, and not back', (_, protection) => {
    for (const outcome of ['unsound', 'failed', 'not-in-bucket'] as const) {
      const result = judged((evidence) => {
        Object.assign(young(evidence, 3000), protection);
        notRestored(evidence, SHOP, outcome);
      });
      expect(check(result, 'inventory').verdict).toBe('fail');
    }
  });

  test('protected only after the kill is no promise', () => {
    const result = judged((evidence) => {
      Object.assign(young(evidence, 3000), { protectedUs: KILL_US + 1 });
      notRestored(evidence, SHOP, 'not-in-bucket');
    });
    expect(result.verdict).toBe('pass');
  });

  test('young, never protected and torn: excused as a loss of its whole age, and counted', () => {
    const result = judged((evidence) => {
      young(evidence, 3000).verified?.findings.push(finding('contiguity', SHOP, 2));
      evidence.fleetFindings.push(finding('invariants', SHOP));
    });
    expect(result.verdict).toBe('pass');
    expect(row(result, SHOP)).toMatchObject({ rpoMs: 3000, failedChecks: [] });
    expect(check(result, 'inventory').detail).toContain(`${SHOP} (came back torn (2 planted)`);
  });

  test('an excused database does not answer for a first write that it has no table for', () => {
    const result = judged((evidence) => {
      young(evidence, 3000).verified?.findings.push(finding('schema', SHOP));
      withoutSecondLife(evidence, [SHOP]);
    });
    expect(result.verdict).toBe('pass');
    expect(result.failures).toBeUndefined();
    // Of the two that count, as they are in the evidence of each.
    expect(result.measurements).toMatchObject({ rtoMs: 1600, protectedAgainMs: 3000 });
  });

  test.each<[string, (evidence: Evidence) => void]>([
    ['without a word of which database', (evidence) => withoutSecondLife(evidence, [])],
    ['of one that is not excused', (evidence) => withoutSecondLife(evidence, [REALM])],
    ['of one that is not excused as well', (evidence) => withoutSecondLife(evidence, [SHOP, REALM])],
    [
      'of one beside which an earlier life is back',
      (evidence) => {
        evidence.databases.push({ ...structuredClone(databaseIn(evidence, REALM)), path: SHOP, epoch: 2 });
        withoutSecondLife(evidence, [SHOP]);
      },
    ],
  ])('no first write, and an excused database: still a failure %s', (_, change) => {
    const result = judged((evidence) => {
      young(evidence, 3000).verified?.findings.push(finding('schema', SHOP));
      change(evidence);
    });
    expect(result.verdict).toBe('fail');
    expect(result.failures?.map(({ code }) => code)).toContain('no-first-write');
    expect(result.measurements).toMatchObject({ rtoMs: null, protectedAgainMs: null });
  });

  test.each<[string, Partial<NonNullable<Evidence['databases'][number]['second']>>, string]>([
    ['without a first write, and missing again', { firstWriteUs: null }, 'pass'],
    ['not protected again, and missing again', { protectedUs: null }, 'pass'],
    ['written to and protected again, and missing again', {}, 'fail'],
  ])('torn and excused, %s: %s', (_, second, verdict) => {
    const result = judged((evidence) => {
      const shop = young(evidence, 3000);
      shop.verified?.findings.push(finding('schema', SHOP));
      Object.assign(shop.second ?? {}, second, { restore: null, verified: null });
      evidence.fleetFindings.push(finding('second-life', SHOP));
    });
    expect(result.verdict).toBe(verdict);
  });

  test('young, not protected and whole, but missing again: nothing is torn, and nothing excused', () => {
    const result = judged((evidence) => {
      Object.assign(young(evidence, 3000).second ?? {}, {
        firstWriteUs: null,
        restore: null,
        verified: null,
      });
      evidence.fleetFindings.push(finding('second-life', SHOP));
    });
    expect(checksWith(result, 'fail')).toContain('second-life');
    expect(result.measurements.tornDatabases).toBe(0);
  });

  test('torn and excused, and back a second time with what was never in it: a failure', () => {
    const result = judged((evidence) => {
      const shop = young(evidence, 3000);
      shop.verified?.findings.push(finding('schema', SHOP));
      Object.assign(shop.second ?? {}, { firstWriteUs: null });
      evidence.fleetFindings.push(finding('second-life', SHOP));
    });
    expect(checksWith(result, 'fail')).toContain('second-life');
  });

  test('a torn database that was promised answers for its first write', () => {
    const result = judged((evidence) => {
      databaseIn(evidence, SHOP).verified?.findings.push(finding('schema', SHOP));
      withoutSecondLife(evidence, [SHOP]);
    });
    expect(result.failures?.map(({ code }) => code)).toContain('no-first-write');
  });

  test('what had been uploaded and is lost is counted, and is not known where one loss is not', () => {
    const place = { wal: 1, staged: 0, unreachable: 0, nowhere: 0, unclear: 0 };
    const unreachable = (...lostAt: (object | undefined)[]): unknown =>
      judged((evidence) => {
        for (const [index, at] of lostAt.entries()) {
          const database = databaseIn(evidence, [SHOP, REALM][index] ?? '');
          Object.assign(database, { lostWriteAgesMs: [200], ...(at === undefined ? {} : { lostAt: at }) });
        }
      }).measurements.unreachableWrites;
    expect(unreachable()).toBe(0);
    expect(unreachable(place, place)).toBe(0);
    expect(unreachable(place, { ...place, wal: 0, unreachable: 1 })).toBe(1);
    expect(unreachable({ ...place, unreachable: 2 }, undefined)).toBe(2);
    expect(unreachable(place, undefined)).toBeNull();
    expect(unreachable({ ...place, wal: 0, unclear: 1 })).toBeNull();
  });

  test('of a loss of which that is not known the row is no pass either, where it is asked', () => {
    const lostAt = { wal: 0, staged: 0, unreachable: 0, nowhere: 0, unclear: 1 };
    const verdict = (...objectives: string[]): unknown => {
      const result = judged((evidence) => {
        evidence.scenario.objectives.push(...objectives.map((expression) => ({ expression, line: 13 })));
        Object.assign(databaseIn(evidence, SHOP), { lostWriteAgesMs: [200], lostAt });
      });
      return [result.verdict, row(result, SHOP)?.verdict];
    };
    expect(verdict()).toEqual(['pass', 'pass']);
    expect(verdict('unreachableWrites == 0')).toEqual(['inconclusive', 'inconclusive']);
  });

  test('what the new host wrote and a second restore does not have is counted, protected or not', () => {
    const lostAgain = (change: (evidence: Evidence) => void): unknown =>
      judged(change).measurements.databasesLostAgain;
    const asInTheFirst = (evidence: Evidence, path: string): void => {
      const { verified, second } = databaseIn(evidence, path);
      if (second?.verified && verified) second.verified.recoveryPoint = verified.recoveryPoint;
    };
    expect(lostAgain(() => undefined)).toBe(0);
    expect(lostAgain((evidence) => asInTheFirst(evidence, SHOP))).toBe(1);
    expect(
      lostAgain((evidence) => {
        asInTheFirst(evidence, SHOP);
        Object.assign(databaseIn(evidence, SHOP).second ?? {}, { protectedUs: null });
      }),
    ).toBe(1);
    expect(
      lostAgain(({ databases }) => {
        for (const { second } of databases) Object.assign(second ?? {}, { restore: null, verified: null });
      }),
    ).toBeNull();
    expect(lostAgain(({ scenario }) => void (scenario.secondLife = false))).toBeUndefined();
  });

  test('counted as torn, excused or not: whatever came back in a state that it never had', () => {
    const torn = (change: (evidence: Evidence) => void): unknown => judged(change).measurements.tornDatabases;
    expect(torn(() => undefined)).toBe(0);
    expect(
      torn((evidence) => young(evidence, 3000).verified?.findings.push(finding('contiguity', SHOP))),
    ).toBe(1);
    expect(
      torn((evidence) => databaseIn(evidence, SHOP).verified?.findings.push(finding('content', SHOP))),
    ).toBe(1);
    expect(torn((evidence) => notRestored(young(evidence, 3000) && evidence, SHOP, 'unsound'))).toBe(1);
    expect(torn((evidence) => notRestored(evidence, SHOP, 'failed'))).toBe(0);
    expect(
      torn((evidence) => databaseIn(evidence, SHOP).verified?.findings.push(finding('identity', SHOP))),
    ).toBe(0);
    expect(torn((evidence) => void (databaseIn(evidence, SHOP).verified = null))).toBeNull();
    expect(torn((evidence) => void (evidence.kill = null))).toBeNull();
  });

  test.each([
    ['protected', (evidence: Evidence) => young(evidence, 3000), { protectedUs: KILL_US - 1 }, 'contiguity'],
    ['old', (evidence: Evidence) => young(evidence, 50_000), {}, 'contiguity'],
    ["another tenant's", (evidence: Evidence) => young(evidence, 3000), {}, 'identity'],
    ['with rows nobody wrote', (evidence: Evidence) => young(evidence, 3000), {}, 'no-phantoms'],
  ] as const)('torn and %s: not excused', (_, pick, change, id) => {
    const result = judged((evidence) => {
      Object.assign(pick(evidence), change).verified?.findings.push(finding(id, SHOP));
    });
    expect(result.verdict).toBe('fail');
    expect(checksWith(result, 'fail')).toContain(id);
  });

  test.each(['clean-host', 'identity', 'no-phantoms'] as const)(
    'not back and excused, with what that does not explain: %s',
    (id) => {
      const result = judged((evidence) => {
        young(evidence, 3000);
        notRestored(evidence, SHOP, 'unsound');
        evidence.fleetFindings.push(finding(id, SHOP));
      });
      expect(checksWith(result, 'fail')).toEqual([id]);
    },
  );

  test('a young database in the bucket whose registration was lost is excused, protected or not', () => {
    const result = judged((evidence) => {
      Object.assign(young(evidence, 3000), { claimedProtected: true });
      notRestored(evidence, SHOP, 'not-registered');
    });
    expect(result.verdict).toBe('pass');
  });

  test('deleted and away: not part of the fleet', () => {
    const result = judged((evidence) => {
      notRestored(evidence, SHOP, 'not-registered');
      evidence.fleetFindings = [];
      databaseIn(evidence, SHOP).deletedUs = KILL_US - 30_000_000;
    });
    expect(result.verdict).toBe('pass');
    expect(row(result, SHOP)).toMatchObject({ verdict: 'pass', rpoMs: null, lostWrites: 0 });
  });

  test('away because its removal had begun: neither registered, nor missed by the verification', () => {
    expect(begun('not-registered').verdict).toBe('pass');
    // Registered, and still not back: silence of the verification excuses nothing.
    expect(check(begun('failed'), 'inventory').verdict).toBe('fail');
  });

  test('restored by its record, but no file is there', () => {
    const result = judged((evidence) => {
      notRestored(evidence, SHOP, 'failed');
      Object.assign(databaseIn(evidence, SHOP), { restore: greenEvidence().databases[0]?.restore });
    });
    expect(check(result, 'inventory')).toMatchObject({
      verdict: 'fail',
      detail: `${SHOP}: 1 (restored, but no file is there; protected, 50.0 s old)`,
    });
    expect(row(result, SHOP)).toMatchObject({ rpoMs: 50_000, lostWrites: 100, failedChecks: ['inventory'] });
  });

  test.each([
    [10_000, 'pass'],
    [30_000, 'fail'],
    [null, 'fail'],
  ] as const)(
    'deleted and back, its deletion lost at an age of %s ms: %s',
    (explainedByLossAgeMs, verdict) => {
      const result = judged((evidence) => {
        databaseIn(evidence, SHOP).deletedUs = KILL_US - 5_000_000;
        evidence.fleetFindings.push({ ...finding('inventory', SHOP), explainedByLossAgeMs });
      });
      expect(check(result, 'inventory').verdict).toBe(verdict);
      expect(row(result, SHOP)?.verdict).toBe(verdict);
    },
  );
});

describe('RPO', () => {
  test('is the age of the oldest lost write; the recovery point is older', () => {
    const result = judged(losing([4000, 2000, 1], 4500));
    expect(result.verdict).toBe('pass');
    expect(result.measurements).toMatchObject({
      rpoMs: { p50: 0, max: 4000 },
      recoveryPointAgeMs: { max: 4500 },
      skewMs: { max: 4000 },
      lostWrites: 3,
      lostWritesBeyondRpo: 0,
    });
  });

  test('beyond the objective: the objective fails and the lost writes are counted', () => {
    const result = judged(losing([20_000, 15_001, 15_000], 21_000));
    expect(result.verdict).toBe('fail');
    expect(result.measurements.lostWritesBeyondRpo).toBe(2);
    expect(check(result, 'objectives')).toMatchObject({
      actual: '1 kept, 2 broken',
      detail: 'rpoMs max < 15000: measured 20000 (20.0 s); lostWritesBeyondRpo == 0: measured 2',
    });
    expect(result.objectives[0]).toEqual({
      expression: 'rpoMs max < 15000',
      actual: 20_000,
      verdict: 'fail',
      file: 'scenarios/tiny.yaml',
      line: 7,
    });
    // The row of the one that did it must not look as if all were well with it.
    expect(row(result, SHOP)).toMatchObject({
      verdict: 'fail',
      failedChecks: ['objectives'],
      detail: 'lost up to 20.0 s: rpoMs max < 15000',
    });
    expect(result.databases.filter(({ verdict }) => verdict === 'fail')).toHaveLength(1);
  });

  test('without an RPO objective the documented interval counts', () => {
    const result = judged((evidence) => {
      evidence.scenario.objectives = [{ expression: 'lostWritesBeyondRpo == 0', line: 1 }];
      losing([10_001, 10_000], 11_000)(evidence);
    });
    expect(result.measurements.lostWritesBeyondRpo).toBe(1);
    expect(row(result, SHOP)?.detail).toBe('lost up to 10.0 s: lostWritesBeyondRpo == 0');
  });

  test('the strictest of several objectives counts', () => {
    const result = judged((evidence) => {
      evidence.scenario.objectives.push({ expression: 'rpoMs max <= 3000', line: 10 });
      evidence.scenario.objectives.push({ expression: 'rpoMs p50 < 1', line: 11 });
      evidence.scenario.objectives.push({ expression: 'rpoMs max > 1', line: 11 });
      losing([4000], 4500)(evidence);
    });
    expect(result.measurements.lostWritesBeyondRpo).toBe(1);
  });

  test('back at its birth: the recovery point is as old as the file', () => {
    const result = judged(losing([4000], null));
    expect(result.measurements.recoveryPointAgeMs?.max).toBe(50_000);
  });

  test('never protected: at least until the kill', () => {
    const result = judged((evidence) => void (databaseIn(evidence, SHOP).protectedUs = null));
    expect(result.measurements.timeToProtectionMs?.max).toBe(50_000);
  });
});

describe('RTO', () => {
  test('ends with the slower of verification and first writes', () => {
    const result = judged(({ recovery }) => void (recovery.verifiedUs = KILL_US + 9_000_000));
    expect(result.measurements.rtoMs).toBe(9000);
  });

  test('needs no second life where the scenario has none', () => {
    const result = judged((evidence) => {
      evidence.scenario.secondLife = false;
      evidence.recovery.firstWritesUs = null;
      evidence.databases.forEach((database) => (database.second = null));
    });
    expect(result.verdict).toBe('pass');
    expect(result.measurements.rtoMs).toBe(1200);
    expect(check(result, 'second-life')).toMatchObject({
      verdict: 'pass',
      actual: 'not part of this scenario',
    });
  });

  test('too slow breaks the objective', () => {
    const result = judged(({ recovery }) => void (recovery.verifiedUs = KILL_US + 120_000_000));
    expect(checksWith(result, 'fail')).toEqual(['objectives']);
  });
});

describe('late uploads and escaped processes', () => {
  test('an upload after the kill fails, and is named', () => {
    const result = judged(({ lateUploads }) =>
      lateUploads.push({ atUs: KILL_US + 2_000_000, method: 'PUT', key: 'prod/system.db/x' }),
    );
    expect(checksWith(result, 'fail')).toEqual(['no-late-uploads']);
    expect(check(result, 'no-late-uploads').actual).toBe('PUT prod/system.db/x, 2000 ms after the kill');
  });

  test('a process that had left the group is named, and no failure', () => {
    const result = judged(({ kill }) => void kill?.escaped.push({ pid: 9, command: 'setsid sh' }));
    expect(result.verdict).toBe('pass');
    expect(check(result, 'no-late-uploads').detail).toContain('process 9 had left');
  });

  test('so it is with the new host', () => {
    const second = (change: (kill: NonNullable<Evidence['secondKill']>) => void): ScenarioResult =>
      judged((evidence) => {
        const { atUs, confirmedUs, killed } = evidence.kill ?? { atUs: 0, confirmedUs: 0, killed: [] };
        evidence.secondKill = { atUs, confirmedUs, killed, escaped: [], survivors: [] };
        change(evidence.secondKill);
      });
    expect(second(() => undefined).verdict).toBe('pass');
    expect(second(({ survivors }) => void survivors.push({ pid: 8, command: 'litestream' }))).toMatchObject({
      verdict: 'inconclusive',
      reason: 'the new host was not dead: 8 litestream',
    });
    const escaped = second((kill) => void kill.escaped.push({ pid: 9, command: 'setsid sh' }));
    expect(escaped.verdict).toBe('pass');
    expect(check(escaped, 'no-late-uploads').detail).toContain(
      "process 9 had left the new host's process group and was killed: setsid sh",
    );
  });
});

describe('second life', () => {
  type Second = NonNullable<Evidence['databases'][number]['second']>;
  const inSecond = (change: (second: Second) => void): ScenarioResult =>
    judged((evidence) => {
      const { second } = databaseIn(evidence, SHOP);
      if (second !== null) change(second);
    });

  test.each<[string, (second: Second) => void, string]>([
    ['no write', (second) => void (second.firstWriteUs = null), 'no write was acknowledged'],
    ['no protection', (second) => void (second.protectedUs = null), 'not protected again'],
    ['no restore', (second) => void (second.restore && (second.restore.outcome = 'no-file')), 'no-file: '],
    ['a finding', (second) => void second.verified?.findings.push(finding('content', SHOP)), 'otherwise'],
    [
      'the new write lost',
      (second) => void (second.verified && (second.verified.recoveryPoint = 100)),
      'it ends at write 100, the first life at 100',
    ],
    [
      'the new write lost, beside something that the first loss explains',
      ({ verified }) => {
        verified?.findings.push({ ...finding('content', SHOP), explainedByLossAgeMs: 10 });
        if (verified !== null) verified.recoveryPoint = 100;
      },
      'it ends at write 100, the first life at 100',
    ],
  ])('%s fails it', (_, change, actual) => {
    const result = inSecond(change);
    expect(checksWith(result, 'fail')).toEqual(['second-life']);
    expect(check(result, 'second-life').actual).toBe(actual);
    expect(row(result, SHOP)?.failedChecks).toEqual(['second-life']);
  });

  test('what the first loss explains is no new fault', () => {
    const result = inSecond((second) =>
      second.verified?.findings.push({ ...finding('content', SHOP), explainedByLossAgeMs: 10 }),
    );
    expect(result.verdict).toBe('pass');
  });
});

describe("the subject's own failure", () => {
  test('writers that were stalled: less than half of the planned writes proves nothing', () => {
    const result = judged((evidence) => void (evidence.plannedWrites = 601));
    expect(result.verdict).toBe('inconclusive');
    expect(result.reason).toContain('300 of 601 planned writes');
    expect(judged((evidence) => void (evidence.plannedWrites = 600)).verdict).toBe('pass');
  });

  test('never protected and nothing else measured: fail, not inconclusive', () => {
    const result = judged((evidence) => {
      evidence.subjectFailures.push({
        code: 'never-protected',
        message: 'never protected: 3 of 3 databases',
      });
      evidence.kill = null;
      for (const database of evidence.databases) {
        Object.assign(database, { acknowledged: 0, restore: null, verified: null, second: null });
      }
    });
    expect(result).toMatchObject({ verdict: 'fail', reason: 'never protected: 3 of 3 databases' });
    expect(result.measurements).toMatchObject({ rpoMs: null, rtoMs: null, skewMs: null });
    expect(checksWith(result, 'pass')).toEqual([]);
  });
});

describe('a negative control', () => {
  test('passes when all its checks go red', () => {
    const result = control((evidence) => plant(evidence, 'content', 'row-counts', 'schema'));
    expect(result).toMatchObject({
      verdict: 'pass',
      reason: 'the negative control was caught by row-counts, content',
    });
  });

  test('fails when one of them stays green', () => {
    const result = control((evidence) => plant(evidence, 'content'));
    expect(result).toMatchObject({
      verdict: 'fail',
      reason: 'the negative control was not caught by row-counts',
    });
  });

  test('fails when somebody has written on after the kill: nothing that is planted has that for a consequence', () => {
    const late = (mustFail: CheckId[]): unknown =>
      control((evidence) => {
        evidence.scenario.mustFail = mustFail;
        plant(evidence, 'content');
        evidence.lateUploads.push({ atUs: KILL_US + 900_000, method: 'PUT', key: 'prod/system.db/late' });
      });
    expect(late(['content'])).toMatchObject({
      verdict: 'fail',
      reason: 'the negative control broke more than was planted: no-late-uploads',
    });
    expect(late(['content', 'no-late-uploads'])).toMatchObject({ verdict: 'pass' });
  });

  test('is not caught by one whose check was never made', () => {
    const result = control((evidence) => {
      evidence.scenario.mustFail = ['content', 'hooks'];
      plant(evidence, 'content');
    });
    expect(result).toMatchObject({
      verdict: 'fail',
      reason: 'the negative control was not caught by hooks',
    });
  });

  test.each(['never-protected', 'supervisor-ended'])(
    'shows nothing when the subject was broken before: %s',
    (code) => {
      const broken = (mustFail: CheckId[]): ReturnType<typeof control> =>
        control((evidence) => {
          evidence.scenario.mustFail = mustFail;
          plant(evidence, 'content');
          evidence.subjectFailures.push({ code, message: 'it did not work at all' });
          notRestored(evidence, 'realm.db', 'not-in-bucket');
        });
      expect(broken(['content'])).toMatchObject({
        verdict: 'inconclusive',
        reason: 'the negative control shows nothing: it did not work at all',
      });
      // Where that is what it was planted for, it is caught.
      expect(broken(['content', 'inventory']).verdict).toBe('pass');
    },
  );

  test('shows nothing when no database came back, unless that is what it was planted for', () => {
    const lost = (mustFail: CheckId[]): ReturnType<typeof control> =>
      control((evidence) => {
        evidence.scenario.mustFail = mustFail;
        for (const { path } of evidence.databases) notRestored(evidence, path, 'failed');
        evidence.scenario.objectives = [{ expression: 'rpoMs p50 < 1', line: 1 }];
      });
    expect(lost(['objectives'])).toMatchObject({
      verdict: 'inconclusive',
      reason: 'the negative control shows nothing: no database came back',
    });
    expect(lost(['objectives', 'inventory']).verdict).toBe('pass');
  });

  describe('that names objectives', () => {
    const OBJECTIVES = ['rpoMs max < 4000', 'rpoMs max < 9000', 'databasesBeyondRpo == 1'];
    const holed = (
      agesMs: number[],
      change: (evidence: Evidence) => void = () => undefined,
    ): ScenarioResult =>
      control((evidence) => {
        const { scenario } = evidence;
        scenario.objectives = OBJECTIVES.map((expression, line) => ({ expression, line }));
        scenario.mustFail = [];
        scenario.mustBreak = ['rpoMs max < 4000'];
        scenario.mustHold = ['rpoMs max < 9000', 'databasesBeyondRpo == 1'];
        losing(agesMs, null)(evidence);
        change(evidence);
      });

    test('is caught when those that must break are broken, and those that must hold are kept', () => {
      const result = holed([6200, 100]);
      expect(result).toMatchObject({
        verdict: 'pass',
        reason: 'the negative control was caught by rpoMs max < 4000 (measured 6200)',
        objectives: [
          { verdict: 'fail', expected: 'fail' },
          { verdict: 'pass', expected: 'pass' },
          { verdict: 'pass', expected: 'pass' },
        ],
      });
      expect(result.measurements.databasesBeyondRpo).toBe(1);
    });

    test('is not caught when one that must break is kept, whatever else breaks', () => {
      const result = holed([3900, 100], (evidence) => {
        evidence.scenario.objectives.push({ expression: 'lostWrites == 0', line: 9 });
      });
      expect(check(result, 'objectives').verdict).toBe('fail');
      expect(result).toMatchObject({
        verdict: 'fail',
        reason: 'the negative control was not caught by rpoMs max < 4000 (measured 3900)',
      });
    });

    test('fails when more was lost than what was planted', () => {
      expect(holed([9500])).toMatchObject({
        verdict: 'fail',
        reason: 'the negative control broke more than was planted: rpoMs max < 9000 (measured 9500)',
      });
      const two = holed([6200], (evidence) => {
        databaseIn(evidence, REALM).lostWriteAgesMs = [4500];
      });
      expect(two).toMatchObject({
        verdict: 'fail',
        reason: 'the negative control broke more than was planted: databasesBeyondRpo == 1 (measured 2)',
      });
    });

    test.each([
      [1, { verdict: 'pass', reason: 'the negative control was caught by identity' }],
      [
        2,
        {
          verdict: 'fail',
          reason: 'the negative control found something else than was planted: identity == 1 (found 2)',
        },
      ],
    ])('counts what a check has found: %d', (found, expected) => {
      const result = control((evidence) => {
        evidence.scenario.objectives = [];
        Object.assign(evidence.scenario, { mustFail: ['identity'], mustCount: ['identity == 1'] });
        for (const path of [SHOP, REALM].slice(0, found))
          databaseIn(evidence, path).verified?.findings.push(finding('identity', path));
      });
      expect(result).toMatchObject(expected);
      expect(check(result, 'identity').count).toBe(found);
    });

    describe('on how many databases', () => {
      const struck = (
        bound: string,
        paths: readonly string[],
        change: (evidence: Evidence) => void = () => undefined,
      ): ScenarioResult =>
        control((evidence) => {
          evidence.scenario.objectives = [{ expression: bound, line: 1 }];
          evidence.scenario.mustFail = ['identity'];
          evidence.scenario.mustHold = [bound];
          for (const path of paths)
            databaseIn(evidence, path).verified?.findings.push(finding('identity', path));
          change(evidence);
        });

      test.each([
        ['databasesFailed == 1', [SHOP], 'pass'],
        ['databasesFailed == 1', [SHOP, REALM], 'fail'],
        ['databasesProtected >= 3', [SHOP], 'pass'],
      ] as const)('%s, struck %s: %s', (bound, paths, verdict) => {
        expect(struck(bound, paths).verdict).toBe(verdict);
      });

      test('fails where nothing was protected: the subject did not work at all', () => {
        const result = struck('databasesProtected >= 1', [SHOP], ({ databases }) => {
          for (const database of databases) database.protectedUs = KILL_US + 1;
        });
        expect(result.reason).toContain('databasesProtected >= 1 (measured 0)');
        expect(result.verdict).toBe('fail');
      });

      test('counts no database that breaks an objective alone, and is not measured where one is open', () => {
        const late = struck('databasesFailed == 1', [SHOP], (evidence) => {
          evidence.scenario.objectives.push({ expression: 'rpoMs max < 5', line: 2 });
          Object.assign(databaseIn(evidence, REALM), { lostWriteAgesMs: [6000] });
        });
        expect(late.verdict).toBe('pass');
        const open = struck('databasesFailed == 1', [SHOP], (evidence) => {
          databaseIn(evidence, REALM).verified = null;
        });
        expect(open.verdict).toBe('inconclusive');
      });
    });

    test('is inconclusive when one of them was not measured', () => {
      const unmeasured = (list: 'mustBreak' | 'mustHold'): ScenarioResult =>
        holed([6200], ({ scenario }) => {
          scenario.objectives.push({ expression: 'blobRpoMs < 1', line: 9 });
          scenario[list]?.push('blobRpoMs < 1');
        });
      for (const list of ['mustBreak', 'mustHold'] as const) {
        expect(unmeasured(list)).toMatchObject({
          verdict: 'inconclusive',
          reason: 'could not be judged: blobRpoMs < 1 (not measured)',
        });
      }
    });

    test('is not caught by one that is none of its objectives', () => {
      const result = holed([6200], ({ scenario }) => void scenario.mustBreak?.push('rpoMs max < 5'));
      expect(result).toMatchObject({
        verdict: 'fail',
        reason: 'the negative control was not caught by rpoMs max < 5 (no such objective)',
      });
    });

    test('still needs the checks that it names', () => {
      const result = holed([6200], ({ scenario }) => void scenario.mustFail.push('content'));
      expect(result).toMatchObject({
        verdict: 'fail',
        reason: 'the negative control was not caught by content',
      });
    });

    test('says nothing of databases beyond the RPO where no objective asks for them', () => {
      expect(Object.keys(judged(losing([6200], null)).measurements)).not.toContain('databasesBeyondRpo');
    });
  });

  test('fails when it names no check', () => {
    const result = control((evidence) => void (evidence.scenario.mustFail = []));
    expect(result.verdict).toBe('fail');
  });

  test('is inconclusive when a check could not be judged, or nothing was measured', () => {
    const open = control((evidence) => {
      plant(evidence, 'content');
      evidence.thrown.push({ check: 'row-counts', database: null, error: 'boom' });
    });
    expect(open.verdict).toBe('inconclusive');
    const idle = control((evidence) => {
      plant(evidence, 'content', 'row-counts');
      evidence.faults.push({ id: 'drop-row', engaged: false, count: 0 });
    });
    expect(idle.verdict).toBe('inconclusive');
  });
});

test('hostile names go through as they are', () => {
  const path = 'realms/<b>`x`|\u001b[31m\u2028/realm.db';
  const result = judged((evidence) => {
    databaseIn(evidence, REALM).path = path;
    evidence.fleetFindings.push(finding('blobs', path));
  });
  expect(check(result, 'blobs').detail).toBe(`${path}: 1 (1 planted)`);
  expect(row(result, path)?.verdict).toBe('fail');
});

function runOf(drills: string[], reporterFailures: string[] = []): Parameters<typeof judgeRun>[1] {
  return { ...greenRun(drills.map((drillId) => ({ drillId }))), reporterFailures };
}

describe('exit codes: the worst of 4, 1, 3, 0', () => {
  const pass = named('pass', () => undefined);
  const fail = named('fail', ({ fleetFindings }) => void fleetFindings.push(finding('blobs', SHOP)));
  const open = named('open', (evidence) => void (evidence.requestLogComplete = false));
  const bug = named(
    'bug',
    ({ harnessFaults }) =>
      void harnessFaults.push({ code: 'DRILL_E_BUG', phase: 'load', message: 'x is not a function' }),
  );

  test.each<[string, Evidence[], number, string, string]>([
    ['pass', [pass], 0, 'pass', 'every check held and every objective was kept'],
    ['pass, inconclusive', [pass, open], 3, 'inconclusive', 'of 2 drills 1 inconclusive, 1 pass'],
    ['inconclusive, fail', [open, fail], 1, 'fail', 'of 2 drills 1 fail, 1 inconclusive'],
    ['fail, bug', [fail, bug, pass], 4, 'fail', 'of 3 drills 1 fail, 1 inconclusive, 1 pass'],
    ['bug', [bug], 4, 'inconclusive', 'the rig failed in phase load: x is not a function'],
    ['nothing', [], 3, 'inconclusive', 'no drill was run'],
  ])('%s', (_, evidences, exitCode, verdict, reason) => {
    const result = judgeRun(evidences, runOf(evidences.map(({ drillId }) => drillId)));
    expect(result).toMatchObject({ exitCode, verdict, reason });
  });

  test('a drill without evidence, a reporter that failed', () => {
    expect(judgeRun([pass], runOf(['pass', 'gone']))).toMatchObject({
      exitCode: 3,
      reason: 'no evidence of 1 drill: gone; of 1 drill 1 pass',
    });
    expect(judgeRun([pass], runOf(['pass'], ['events.ndjson: disk full']))).toMatchObject({
      exitCode: 3,
      reason: 'a reporter failed: events.ndjson: disk full; of 1 drill 1 pass',
    });
    expect(judgeRun([fail], runOf(['fail'], ['x'])).exitCode).toBe(1);
  });

  test('the drills keep the order of the run', () => {
    const result = judgeRun([fail, pass], runOf(['pass', 'fail']));
    expect(result.scenarios.map(({ drillId }) => drillId)).toEqual(['pass', 'fail']);
  });
});

function young(evidence: Evidence, ageMs: number): Evidence['databases'][number] {
  const shop = databaseIn(evidence, SHOP);
  Object.assign(shop, { createdUs: KILL_US - ageMs * 1000, protectedUs: null, claimedProtected: false });
  Object.assign(shop, { acknowledged: 2 });
  return shop;
}

function losing(agesMs: number[], recoveryPointAgeMs: number | null) {
  return (evidence: Evidence): void => {
    const shop = databaseIn(evidence, SHOP);
    shop.lostWriteAgesMs = agesMs;
    shop.acknowledged = 100 + agesMs.length;
    if (shop.verified !== null) {
      shop.verified.recoveryPointAckUs =
        recoveryPointAgeMs === null ? null : KILL_US - recoveryPointAgeMs * 1000;
    }
  };
}

function control(change: (evidence: Evidence) => void): ScenarioResult {
  return judged((evidence) => {
    evidence.scenario.expect = 'fail';
    evidence.scenario.mustFail = ['content', 'row-counts'];
    change(evidence);
  });
}

function plant(evidence: Evidence, ...ids: CheckId[]): void {
  for (const id of ids) evidence.fleetFindings.push(finding(id, SHOP));
}

function named(drillId: string, change: (evidence: Evidence) => void): Evidence {
  return evidenceWith((evidence) => {
    evidence.drillId = drillId;
    change(evidence);
  });
}

function begun(outcome: 'not-registered' | 'failed'): ScenarioResult {
  return judged((evidence) => {
    notRestored(evidence, SHOP, outcome);
    evidence.fleetFindings = [];
  });
}

/** The new host that takes no first write in these databases, which are not protected again. */
function withoutSecondLife(evidence: Evidence, paths: readonly string[]): void {
  for (const path of paths) {
    Object.assign(databaseIn(evidence, path).second ?? {}, { firstWriteUs: null, protectedUs: null });
  }
  const named = paths.length === 0 ? {} : { databases: [...paths] };
  evidence.subjectFailures.push(
    { code: 'no-first-write', message: 'the new host acknowledged a write in 2 of 3 databases', ...named },
    { code: 'not-protected-again', message: 'not protected again: 1 of 3 databases', ...named },
  );
  Object.assign(evidence.recovery, { firstWritesUs: null, protectedAgainUs: null });
}
