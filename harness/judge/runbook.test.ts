import { describe, expect, test } from 'vitest';
import { type Evidence, evidenceSchema } from '../evidence.ts';
import type { RunbookEvidence } from '../evidence/runbook.ts';
import { resultSchema } from '../result.ts';
import { evidenceWith, greenEvidence, notRestored } from './green-evidence.ts';
import { judge, judgeRun } from './judge.ts';

type Ran = RunbookEvidence['commands'][number];

const RAN: Ran = {
  step: 3,
  beyondPage: null,
  command: 'litestream restore -o data/system.db s3://drill/prod/system.db',
  database: 'system.db',
  exitCode: 0,
  timedOut: false,
  asked: [{ host: 'localhost', answer: 'passed on' }],
  sizeBytes: 4096,
  unsound: null,
  litter: [],
  missing: [],
  words: '',
  durationMs: 1,
};

function judgedWith(
  commands: readonly Partial<Ran>[],
  change: (evidence: Evidence) => void = () => undefined,
) {
  return judge(
    evidenceSchema.parse(
      evidenceWith((evidence) => {
        evidence.runbook = {
          bucket: 'drill',
          endpoint: 'http://localhost:9000',
          commands: commands.map((parts) => ({ ...RAN, ...parts })),
        };
        change(evidence);
      }),
    ),
  );
}

function step(parts: Partial<Ran>, change?: (evidence: Evidence) => void) {
  return judgedWith([parts], change).runbook?.steps[0];
}

const ASKED_AWS = [{ host: 's3.amazonaws.com', answer: 'refused' }] as const;

describe('a restore as the page has it', () => {
  test.each<[string, Partial<Ran>, string, string]>([
    [
      'goes to AWS',
      { exitCode: 1, asked: [...ASKED_AWS], sizeBytes: null },
      'endpoint-ignored',
      'Litestream 0.3.13 does not know AWS_ENDPOINT_URL_S3: it asked s3.amazonaws.com',
    ],
    [
      'puts the bucket before the host, where a name leads nowhere',
      { exitCode: 1, asked: [{ host: 'drill.localhost', answer: 'no such host' }] },
      'bucket-in-host',
      'the variable alone brings no path style: Litestream 0.3.13 asked drill.localhost, not localhost',
    ],
    [
      'puts the bucket before the host, where the store answers and does not understand',
      { exitCode: 1, asked: [{ host: 'drill.localhost', answer: 'passed on' }] },
      'bucket-in-host',
      'the variable alone brings no path style: Litestream 0.3.13 asked drill.localhost, not localhost',
    ],
    [
      'goes somewhere else',
      { exitCode: 1, asked: [{ host: '169.254.169.254', answer: 'refused' }] },
      'other-host',
      'it asked 169.254.169.254, not localhost',
    ],
    [
      'finds nothing',
      { exitCode: 1, words: 'Error: no matching backup files available' },
      'nothing-there',
      'no backup at system.db',
    ],
    ['fails in its own words', { exitCode: 1, words: 'boom' }, 'other', 'boom'],
    ['fails without a word', { exitCode: 3, words: '' }, 'other', 'exit code 3'],
    ['hangs', { exitCode: null, timedOut: true }, 'limit', 'no end within the limit of one restore'],
    ['says 0 and makes no file', { sizeBytes: null }, 'no-file', 'exit code 0, and no file'],
    ['says 0 and makes an empty one', { sizeBytes: 0 }, 'no-file', 'exit code 0, and no file'],
    [
      'says 0 and makes a broken one',
      { unsound: 'quick_check: x' },
      'unsound',
      'exit code 0, and quick_check: x',
    ],
  ])('%s', (_, parts, cause, why) => {
    expect(step(parts)).toMatchObject({ outcome: 'fails', cause, why });
  });

  test('works', () => {
    expect(step({})).toMatchObject({ outcome: 'works', cause: null, why: '', asked: ['localhost'] });
    expect(step({ litter: ['system.db.tmp-shm'] })?.why).toBe('leaves system.db.tmp-shm beside it');
  });

  test('is told what the shipped RustBaas called it', () => {
    const found = step({ exitCode: 1, words: 'error="no matching backups found"' }, (evidence) => {
      evidence.bucket = {
        prefix: 'prod',
        looked: 'bucket',
        objects: 2,
        replicas: [{ at: 'prod/system', objects: 2 }],
      };
    });
    expect(found?.why).toBe('no backup at prod/system.db; its objects are at prod/system, without the .db');
  });

  test('names the Litestream that was in place at the disaster', () => {
    const found = step({ exitCode: 1, asked: [...ASKED_AWS] }, ({ subject }) => {
      subject.upgrades = [{ atMs: 1, version: '0.5.17', sha256: '', sqlite: '' }];
    });
    expect(found?.why).toContain('Litestream 0.5.17');
  });
});

describe('step 5', () => {
  const boot = (...missing: string[]) =>
    judgedWith([
      {},
      { database: 'realms/acme/realm.db' },
      { step: 5, database: null, exitCode: null, missing },
    ]).runbook?.steps[2];

  test('works when everything is there', () => {
    expect(boot()).toMatchObject({ outcome: 'works' });
  });

  test.each([
    [
      ['realms/acme/realm.db'],
      'it finds 1 of 2 databases and makes them anew, empty; it starts all the same',
    ],
    [
      ['system.db', 'realms/acme/realm.db'],
      'it finds none of 2 databases and makes a new system.db, without a realm in it; it starts all the same',
    ],
  ])('fails without %s', (missing, why) => {
    expect(boot(...missing)).toMatchObject({ outcome: 'fails', cause: 'databases-missing', why });
  });
});

describe('the drill around it', () => {
  test('passes or fails without it: only the figure is there to be demanded', () => {
    const { verdict, measurements } = judgedWith([
      {},
      { exitCode: 1 },
      { exitCode: 1 },
      { step: 4, exitCode: 1 },
      { beyondPage: 'endpoint-in-url', step: 2, exitCode: 1 },
    ]);
    expect(verdict).toBe('pass');
    expect(measurements.runbookStepsFailed).toBe(2);
    const demanding = judgedWith([{ exitCode: 1 }], ({ scenario }) => {
      scenario.objectives.push({ expression: 'runbookStepsFailed == 0', line: 10 });
    });
    expect(demanding).toMatchObject({ verdict: 'fail', reason: '1 check failed: objectives' });
  });

  test('says what drill restore brought back', () => {
    expect(judgedWith([{}]).runbook?.drillRestore).toEqual({ restored: 3, databases: 3 });
    const lacking = judgedWith([{}], (evidence) => notRestored(evidence, 'system.db', 'failed'));
    expect(lacking.runbook?.drillRestore).toEqual({ restored: 2, databases: 3 });
  });

  test('leaves nothing behind where nobody followed the page', () => {
    const green = judge(greenEvidence());
    expect(green).not.toHaveProperty('runbook');
    expect(green.measurements).not.toHaveProperty('runbookStepsFailed');
    const demanded = judge(
      evidenceWith(({ scenario }) => {
        scenario.objectives.push({ expression: 'runbookStepsFailed == 0', line: 10 });
      }),
    );
    expect(demanded).toMatchObject({ verdict: 'inconclusive' });
  });

  test('fits the result schema', () => {
    const evidence = evidenceWith((green) => {
      green.runbook = { bucket: 'drill', endpoint: null, commands: [RAN] };
    });
    const run = judgeRun([evidence], {
      runId: 'r',
      seed: 1,
      repeatCommand: '',
      startedAt: '',
      durationMs: 1,
      tool: { version: '0' },
      environment: {},
      drills: ['tiny'],
      reporterFailures: [],
    });
    expect(resultSchema.parse(run)).toEqual(run);
  });
});
