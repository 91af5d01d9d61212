import { describe, expect, it, test } from 'vitest';
import type { Evidence } from '../evidence.ts';
import { databaseIn, evidenceWith, finding, KILL_US, notRestored } from './green-evidence.ts';
import { judge } from './judge.ts';

const SHOP = 'realms/acme/apps/shop/data.db';
const LATE = { wal: 3, staged: 0, unreachable: 0, nowhere: 0, unclear: 0 };

const SECOND = 1_000_000;
const TAKEN = { idle: 0.02, others: 0.84 };

/** Phases of the good drill after its kill, each five seconds long, and before its load. */
function withPhases({ timeline }: Evidence): void {
  timeline.push({ phase: 'await protection', startUs: 10 * SECOND, endUs: 20 * SECOND });
  for (const [index, phase] of ['restore', 'verify', 'second life'].entries()) {
    const startUs = KILL_US + index * 5 * SECOND;
    timeline.push({ phase, startUs, endUs: startUs + 5 * SECOND });
  }
}

/** The host is itself again two minutes too late, and others had the machine in these phases. */
function slowWhile(evidence: Evidence, ...phases: string[]): void {
  withPhases(evidence);
  evidence.recovery.firstWritesUs = KILL_US + 121 * SECOND;
  evidence.processors = phases.map((phase) => ({ phase, ...TAKEN }));
}

/** Three writes lost that are older than the objective, on a machine that others have taken during the load. */
function lateOn(
  evidence: Evidence,
  processors: Partial<{ phase: string; idle: number; others: number }> = {},
) {
  Object.assign(databaseIn(evidence, SHOP), { lostWriteAgesMs: [20_000, 18_000, 16_000], lostAt: LATE });
  evidence.processors = [{ phase: 'load', idle: 0.02, others: 0.84, ...processors }];
}

describe('a machine that others have taken', () => {
  it('shows nothing of a loss that is only late, and blames nobody', () => {
    const result = judge(evidenceWith((evidence) => lateOn(evidence)));
    expect(result.verdict).toBe('inconclusive');
    expect(result.reason).toContain(
      'in phase load other programs took 84 % of its processors, and 2 % was left',
    );
    expect(result.reason).toContain('1 check failed: objectives');
    expect(result.failures).toMatchObject([{ class: 'environment', code: 'machine-starved' }]);
  });

  it('shows nothing of a loss of which the files do not tell whether it was late', () => {
    const result = judge(
      evidenceWith((evidence) => {
        lateOn(evidence);
        databaseIn(evidence, SHOP).lostAt = { ...LATE, wal: 1, unclear: 2 };
      }),
    );
    expect(result.failures).toMatchObject([{ class: 'environment', code: 'machine-starved' }]);
  });

  it('shows nothing of a recovery that is only slow', () => {
    const result = judge(evidenceWith((evidence) => slowWhile(evidence, 'restore', 'verify', 'second life')));
    expect(result.failures).toMatchObject([{ class: 'environment', code: 'machine-starved' }]);
  });

  it('shows nothing of a fleet that is protected too late and comes back all the same', () => {
    const result = judge(
      evidenceWith((evidence) => {
        withPhases(evidence);
        evidence.subjectFailures.push({ code: 'never-protected', message: 'never protected: 3 of 3' });
        evidence.processors = [{ phase: 'await protection', ...TAKEN }];
      }),
    );
    expect(result.failures).toMatchObject([{ class: 'environment', code: 'machine-starved' }]);
  });

  it('changes nothing of a drill that keeps everything all the same', () => {
    const result = judge(
      evidenceWith((evidence) => {
        evidence.processors = [{ phase: 'load', idle: 0, others: 0.9 }];
      }),
    );
    expect(result.verdict).toBe('pass');
  });
});

test.each<[string, (evidence: Evidence) => void]>([
  ['processors are left idle', (evidence) => lateOn(evidence, { idle: 0.2 })],
  ['the drill itself is what takes them', (evidence) => lateOn(evidence, { others: 0.4 })],
  ['it was so in another phase', (evidence) => lateOn(evidence, { phase: 'restore' })],
  [
    'nobody knows',
    (evidence) => {
      lateOn(evidence);
      delete evidence.processors;
    },
  ],
  [
    'what was lost had been uploaded',
    (evidence) => {
      lateOn(evidence);
      databaseIn(evidence, SHOP).lostAt = { ...LATE, wal: 2, unreachable: 1 };
    },
  ],
  [
    'nobody looked where it was lost',
    (evidence) => {
      lateOn(evidence);
      delete databaseIn(evidence, SHOP).lostAt;
    },
  ],
  [
    'a row is wrong',
    (evidence) => {
      lateOn(evidence);
      databaseIn(evidence, SHOP).verified?.findings.push(finding('content', SHOP));
    },
  ],
  [
    'a protected database is not back',
    (evidence) => {
      lateOn(evidence);
      notRestored(evidence, SHOP, 'no-file');
    },
  ],
  [
    'something is uploaded after the kill',
    (evidence) => {
      lateOn(evidence);
      evidence.lateUploads.push({ atUs: KILL_US + 900_000, method: 'PUT', key: 'prod/system.db/late' });
    },
  ],
  [
    'the supervisor ends',
    (evidence) => {
      lateOn(evidence);
      evidence.subjectFailures.push({ code: 'supervisor-ended', message: 'it ended' });
    },
  ],
  ['the recovery is slow, and the load alone was taken', (evidence) => slowWhile(evidence, 'load')],
  ['the recovery is slow, and a third of it was taken', (evidence) => slowWhile(evidence, 'verify')],
  [
    'the restore is slow, and the second life was taken',
    (evidence) => {
      slowWhile(evidence, 'second life');
      evidence.scenario.objectives = [{ expression: 'restoreMs < 1', line: 12 }];
    },
  ],
  [
    'the fleet is protected too late while the machine was idle, and taken afterwards',
    (evidence) => {
      lateOn(evidence);
      withPhases(evidence);
      evidence.subjectFailures.push({ code: 'never-protected', message: 'never protected: 3 of 3' });
    },
  ],
  [
    'nothing was ever protected, and nothing came back that anybody had promised',
    (evidence) => {
      withPhases(evidence);
      evidence.subjectFailures.push({ code: 'never-protected', message: 'never protected: 3 of 3' });
      evidence.processors = [{ phase: 'await protection', ...TAKEN }];
      for (const database of evidence.databases) {
        notRestored(evidence, database.path, 'not-in-bucket');
        Object.assign(database, {
          protectedUs: null,
          claimedProtected: null,
          createdUs: KILL_US - 2 * SECOND,
        });
      }
    },
  ],
  [
    'the fleet is protected too late, and the recovery is slow without a reason',
    (evidence) => {
      slowWhile(evidence, 'await protection');
      evidence.subjectFailures.push({ code: 'never-protected', message: 'never protected: 3 of 3' });
    },
  ],
  [
    'the recovery is slow for a reason, and a loss beyond the RPO objective has none',
    (evidence) => {
      slowWhile(evidence, 'restore', 'verify', 'second life');
      evidence.fleetFindings.push({ ...finding('invariants', SHOP), explainedByLossAgeMs: 60_000 });
    },
  ],
  [
    'the losses are not accounted for',
    (evidence) => {
      lateOn(evidence);
      databaseIn(evidence, SHOP).lostAt = { ...LATE, wal: 0 };
    },
  ],
  [
    'an objective is broken that is none of time',
    (evidence) => {
      lateOn(evidence);
      evidence.scenario.objectives.push({ expression: 'acknowledgedWrites < 10', line: 12 });
    },
  ],
  [
    'an objective is broken from below',
    (evidence) => {
      lateOn(evidence);
      evidence.scenario.objectives.push({ expression: 'rpoMs max > 30000', line: 12 });
    },
  ],
  [
    'a database that nobody had protected comes back torn',
    (evidence) => {
      lateOn(evidence);
      Object.assign(databaseIn(evidence, SHOP), { protectedUs: null, createdUs: KILL_US - 20 * SECOND });
      databaseIn(evidence, SHOP).verified?.findings.push(finding('content', SHOP, 40));
    },
  ],
  [
    'a database that nobody had protected is missing',
    (evidence) => {
      lateOn(evidence);
      notRestored(evidence, SHOP, 'not-in-bucket');
      Object.assign(databaseIn(evidence, SHOP), { protectedUs: null, lostAt: { ...LATE, wal: 100 } });
    },
  ],
])('a busy machine is no excuse where %s', (_, plant) => {
  const result = judge(evidenceWith(plant));
  expect(result.verdict).toBe('fail');
  expect(new Set(result.failures?.map((failure) => failure.class))).toEqual(new Set(['subject']));
});

/** The restore of one database is ended at its limit. */
function cutShort(evidence: Evidence): void {
  withPhases(evidence);
  notRestored(evidence, SHOP, 'timeout');
}

/** The new host does not protect one database again in time. */
function neverAgain(evidence: Evidence): void {
  withPhases(evidence);
  const { second, path } = databaseIn(evidence, SHOP);
  Object.assign(second ?? {}, { protectedUs: null, restore: null, verified: null });
  evidence.recovery.protectedAgainUs = null;
  evidence.subjectFailures.push({
    code: 'not-protected-again',
    message: 'not again: 1 of 3',
    databases: [path],
  });
}

/** The second restore of one database is ended at its limit. */
function cutShortAgain(evidence: Evidence): void {
  withPhases(evidence);
  const { second, path } = databaseIn(evidence, SHOP);
  if (second?.restore == null) throw new Error('no second restore');
  second.restore = { ...second.restore, outcome: 'timeout' };
  second.verified = null;
  evidence.fleetFindings.push(finding('second-life', path));
}

describe.each([
  ['a restore that was ended at its limit', 'restore', cutShort],
  ['a new host that was not protected in time', 'second life', neverAgain],
  ['a second restore that was ended at its limit', 'second life', cutShortAgain],
] as const)('%s', (_, phase, plant) => {
  const judged = (processors: Evidence['processors'], more: (evidence: Evidence) => void = () => {}) =>
    judge(
      evidenceWith((evidence) => {
        plant(evidence);
        more(evidence);
        evidence.processors = processors ?? [];
      }),
    );

  it('shows nothing where others had the machine, and is the failure of the subject elsewhere', () => {
    expect(judged([{ phase, ...TAKEN }])).toMatchObject({
      verdict: 'inconclusive',
      failures: [{ class: 'environment', code: 'machine-starved' }],
    });
    expect(judged([]).verdict).toBe('fail');
    expect(judged([{ phase: 'load', ...TAKEN }]).verdict).toBe('fail');
    expect(judged([{ phase, idle: 0.2, others: 0.7 }]).verdict).toBe('fail');
  });

  it('excuses nothing else', () => {
    const also: readonly ((evidence: Evidence) => void)[] = [
      (evidence) =>
        databaseIn(evidence, 'system.db').verified?.findings.push(finding('content', 'system.db')),
      (evidence) =>
        databaseIn(evidence, 'system.db').second?.verified?.findings.push(finding('content', null)),
      (evidence) => notRestored(evidence, 'realm.db', 'no-file'),
      (evidence) => evidence.subjectFailures.push({ code: 'no-first-write', message: 'no write' }),
      (evidence) =>
        Object.assign(databaseIn(evidence, 'realm.db'), {
          lostWriteAgesMs: [20_000],
          lostAt: { ...LATE, wal: 1 },
        }),
    ];
    for (const more of also) expect(judged([{ phase, ...TAKEN }], more).verdict).toBe('fail');
  });

  it('is not what a negative control was planted for', () => {
    const control = judged([{ phase, ...TAKEN }], ({ scenario }) =>
      Object.assign(scenario, {
        expect: 'fail',
        mustFail: [phase === 'restore' ? 'inventory' : 'second-life'],
      }),
    );
    expect(control.failures).toMatchObject([{ code: 'machine-starved' }]);
  });
});

test('time that was there in the restore makes up for none in the second life', () => {
  const result = judge(
    evidenceWith((evidence) => {
      cutShort(evidence);
      const { second, path } = databaseIn(evidence, 'system.db');
      Object.assign(second ?? {}, { protectedUs: null, restore: null, verified: null });
      evidence.recovery.protectedAgainUs = null;
      evidence.subjectFailures.push({ code: 'not-protected-again', message: 'not again', databases: [path] });
      evidence.processors = [
        { phase: 'restore', idle: 0, others: 0.9 },
        { phase: 'second life', idle: 0.18, others: 0.7 },
      ];
    }),
  );
  expect(result.verdict).toBe('fail');
});

test.each(['unsound', 'failed'] as const)(
  'what came back of a database that was not protected again is judged all the same: %s',
  (outcome) => {
    const result = judge(
      evidenceWith((evidence) => {
        withPhases(evidence);
        const { second, path } = databaseIn(evidence, SHOP);
        if (second?.restore == null) throw new Error('no second restore');
        Object.assign(second, { protectedUs: null, restore: { ...second.restore, outcome }, verified: null });
        evidence.recovery.protectedAgainUs = null;
        evidence.subjectFailures.push({
          code: 'not-protected-again',
          message: 'not again',
          databases: [path],
        });
        evidence.processors = [{ phase: 'second life', ...TAKEN }];
      }),
    );
    expect(result.verdict).toBe('fail');
  },
);

describe('a negative control on a machine that others have taken', () => {
  const asControl = (named: 'mustBreak' | 'mustHold') => (evidence: Evidence) => {
    lateOn(evidence);
    const [objective] = evidence.scenario.objectives;
    Object.assign(evidence.scenario, { expect: 'fail', mustFail: [], mustBreak: [], mustHold: [] });
    evidence.scenario[named] = [objective?.expression ?? ''];
    if (named === 'mustHold') {
      evidence.scenario.mustFail = ['content'];
      databaseIn(evidence, SHOP).verified?.findings.push(finding('content', SHOP));
    }
  };

  it.each(['mustBreak', 'mustHold'] as const)('shows nothing by an objective that %s names', (named) => {
    const result = judge(evidenceWith(asControl(named)));
    expect(result.verdict).toBe('inconclusive');
    expect(result.reason).toContain('the negative control shows nothing: the machine was starved');
    expect(result.failures).toMatchObject([{ class: 'environment', code: 'machine-starved' }]);
  });

  const late: [string, (evidence: Evidence) => void, string][] = [
    [
      'inventory',
      (evidence) => {
        notRestored(evidence, SHOP, 'not-in-bucket');
        Object.assign(databaseIn(evidence, SHOP), { protectedUs: null, lostAt: { ...LATE, wal: 100 } });
      },
      'load',
    ],
    [
      'second-life',
      (evidence) => {
        const { second } = databaseIn(evidence, SHOP);
        if (second !== null) second.protectedUs = null;
      },
      'second life',
    ],
    ['objectives', (evidence) => lateOn(evidence), 'load'],
  ];
  it.each(late)('shows nothing by the check %s', (id, plant, phase) => {
    const named = (processors: NonNullable<Evidence['processors']>) =>
      judge(
        evidenceWith((evidence) => {
          withPhases(evidence);
          plant(evidence);
          Object.assign(evidence.scenario, { expect: 'fail', mustFail: [id] });
          evidence.processors = processors;
        }),
      );
    expect(named([]).verdict).toBe('pass');
    expect(named([{ phase, ...TAKEN }]).failures).toMatchObject([{ code: 'machine-starved' }]);
  });

  it('shows what it was planted for where the supervisor ended and nothing came back: nobody was left to be late', () => {
    const ended = (...codes: string[]) =>
      judge(
        evidenceWith((evidence) => {
          withPhases(evidence);
          for (const database of evidence.databases) {
            notRestored(evidence, database.path, 'not-in-bucket');
            Object.assign(database, { protectedUs: null, lostAt: { ...LATE, wal: 100 } });
          }
          evidence.subjectFailures.push(...codes.map((code) => ({ code, message: code })));
          Object.assign(evidence.scenario, { expect: 'fail', mustFail: ['inventory'] });
          evidence.processors = [
            { phase: 'await protection', ...TAKEN },
            { phase: 'load', ...TAKEN },
          ];
        }),
      );
    expect(ended('never-protected', 'supervisor-ended').verdict).toBe('pass');
    expect(ended('never-protected').failures).toMatchObject([{ code: 'machine-starved' }]);
  });

  it('shows what it was planted for where the figure lies between the two bounds that were given for that', () => {
    const bounded = (...bounds: string[]) =>
      judge(
        evidenceWith((evidence) => {
          asControl('mustBreak')(evidence);
          const { objectives } = evidence.scenario;
          objectives.push(...bounds.map((expression, index) => ({ expression, line: 20 + index })));
          evidence.scenario.mustHold = bounds;
        }),
      );
    expect(bounded('rpoMs max >= 19000', 'rpoMs max < 21000')).toMatchObject({ verdict: 'pass' });
    for (const bounds of [
      ['rpoMs max >= 19000'],
      ['rpoMs max < 21000'],
      ['rpoMs p95 >= 0', 'rpoMs max < 21000'],
    ])
      expect(bounded(...bounds).failures).toMatchObject([{ code: 'machine-starved' }]);
  });

  it('is red where what broke is no matter of time', () => {
    const result = judge(
      evidenceWith((evidence) => {
        asControl('mustBreak')(evidence);
        evidence.scenario.objectives.push({ expression: 'lostWritesBeyondRpo == 0', line: 13 });
        evidence.scenario.mustHold = ['lostWritesBeyondRpo == 0'];
        databaseIn(evidence, SHOP).lostAt = { ...LATE, wal: 0, unreachable: 3 };
      }),
    );
    expect(result).toMatchObject({ verdict: 'fail' });
    expect(result.reason).toContain('broke more than was planted');
  });
});

test('a negative control whose bound is no objective of the scenario was not judged', () => {
  const result = judge(
    evidenceWith((evidence) => {
      const mustHold = ['lostWrites == 12345'];
      Object.assign(evidence.scenario, { expect: 'fail', mustFail: ['content'], mustHold });
      databaseIn(evidence, SHOP).verified?.findings.push(finding('content', SHOP));
    }),
  );
  expect(result).toMatchObject({ verdict: 'inconclusive' });
});
