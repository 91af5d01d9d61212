import { describe, expect, test } from 'vitest';
import type { Evidence } from '../evidence.ts';
import {
  databaseIn,
  evidenceWith,
  finding,
  KILL_US,
  notRestored,
  greenRun,
} from '../judge/green-evidence.ts';
import { judgeRun } from '../judge/judge.ts';
import { renderSummary } from './console.ts';

const PLAIN = { columns: 100, colour: false };
const SHOP = 'realms/acme/apps/shop/data.db';

function summary(evidences: Evidence[], page = PLAIN): string {
  const result = judgeRun(evidences, greenRun(evidences));
  return renderSummary(result, page);
}

function losing(evidence: Evidence): void {
  const shop = databaseIn(evidence, SHOP);
  Object.assign(shop, { lostWriteAgesMs: [4200, 10], acknowledged: 102 });
  if (shop.verified !== null) shop.verified.recoveryPointAckUs = KILL_US - 4_300_000;
}

test('a drill that passed', () => {
  expect(summary([evidenceWith(losing)])).toMatchInlineSnapshot(`
    "tiny  A tiny fleet
    seed 42 · drill supervise, Litestream 0.3.13 · embedded store 2.4.1 · 3 databases, 300 rows, 300.0 kB
    PASS  every check held and every objective was kept
      RPO     max 4.2 s, objective max < 15.0 s (p50 0 ms, p99 4.2 s, recovery point 4.3 s old)
      RTO     1.6 s, objective < 2 min (first database 300 ms, restore 800 ms, verify 300 ms,
              protected again 4.0 s)
      writes  302 acknowledged, 2 lost (0 beyond the RPO objective), 3 unknown, 0 refused

    objectives
      objective                 measured  verdict  from
      rpoMs max < 15000            4,200  pass     scenarios/tiny.yaml:7
      rtoMs < 120000               1,600  pass     scenarios/tiny.yaml:8
      lostWritesBeyondRpo == 0         0  pass     scenarios/tiny.yaml:9

    checks
      15 passed: inventory, clean-host, identity, integrity, foreign-keys, schema, contiguity,
                 no-phantoms, row-counts, content, invariants, blobs, no-late-uploads, second-life,
                 objectives

    databases, worst first
      database                       verdict  rows  writes  lost    RPO  restore  verify
      realms/acme/apps/shop/data.db  pass      100     102     2  4.2 s   100 ms   50 ms
      realms/acme/realm.db           pass      100     100     0   0 ms   100 ms   50 ms
      system.db                      pass      100     100     0   0 ms   100 ms   50 ms

    PASS  in 90.0 s, exit code 0
    repeat: npm run drill -- --scenario=tiny --seed=42
    "
  `);
});

test('a negative control says what each of its objectives was to come to', () => {
  const control = evidenceWith((evidence) => {
    losing(evidence);
    const objectives = ['rpoMs max < 4000', 'rpoMs max < 9000', 'rtoMs < 120000'];
    Object.assign(evidence.scenario, {
      expect: 'fail',
      objectives: objectives.map((expression, index) => ({ expression, line: index + 7 })),
      mustBreak: ['rpoMs max < 4000'],
      mustHold: ['rpoMs max < 9000'],
    });
  });
  const lines = summary([control]).split('\n');
  const from = lines.indexOf('objectives');
  expect(lines.slice(from + 1, from + 5)).toEqual([
    '  objective         measured  verdict  expected    from',
    '  rpoMs max < 4000     4,200  fail     must break  scenarios/tiny.yaml:7',
    '  rpoMs max < 9000     4,200  pass     must hold   scenarios/tiny.yaml:8',
    '  rtoMs < 120000       1,600  pass     –           scenarios/tiny.yaml:9',
  ]);
});

test('a drill that failed', () => {
  const evidence = evidenceWith((broken) => {
    databaseIn(broken, 'acme/realm.db').verified?.findings.push(
      finding('content', 'realms/acme/realm.db', 2),
    );
    notRestored(broken, SHOP, 'no-file');
  });
  expect(summary([evidence])).toMatchInlineSnapshot(`
    "tiny  A tiny fleet
    seed 42 · drill supervise, Litestream 0.3.13 · embedded store 2.4.1 · 3 databases, 300 rows, 300.0 kB
    FAIL  3 checks failed: inventory, content, objectives
      subject     inventory: look whether it is in the supervisor's config and in the bucket, then at
                  its line in restore-*.log
      subject     content: look which writes the rows lack, and for two writers of one replica
      subject     objectives: compare the measured figure with the promise: shorten the interval, or
                  promise less
      RPO     max 50.0 s, objective max < 15.0 s (p50 0 ms, p99 50.0 s, recovery point 50.0 s old)
      RTO     not measured, objective < 2 min (first database 300 ms, restore 800 ms, verify 300 ms,
              protected again 4.0 s)
      writes  300 acknowledged, 100 lost (100 beyond the RPO objective), 3 unknown, 0 refused

    objectives
      objective                 measured  verdict       from
      rpoMs max < 15000           50,000  fail          scenarios/tiny.yaml:7
      rtoMs < 120000                   –  inconclusive  scenarios/tiny.yaml:8
      lostWritesBeyondRpo == 0       100  fail          scenarios/tiny.yaml:9

    checks
      inventory  fail
        expected  realms/acme/apps/shop/data.db, which its supervisor claimed to be protected, is back
        actual    its restore gave no file; protected, 50.0 s old
        detail    realms/acme/apps/shop/data.db: 1 (its restore gave no file; protected, 50.0 s old)
      content  fail
        expected  as written
        actual    otherwise
        detail    realms/acme/realm.db: 2 (2 planted)
      objectives  fail
        expected  every objective of the scenario is kept
        actual    0 kept, 2 broken, 1 not measured
        detail    rpoMs max < 15000: measured 50000 (50.0 s); lostWritesBeyondRpo == 0: measured 100;
                  rtoMs < 120000: not measured
      12 passed: clean-host, identity, integrity, foreign-keys, schema, contiguity, no-phantoms,
                 row-counts, invariants, blobs, no-late-uploads, second-life

    databases, worst first
      database                       verdict  rows  writes  lost     RPO  restore  verify
      realms/acme/apps/shop/data.db  fail        0     100   100  50.0 s   100 ms       –
      realms/acme/realm.db           fail      100     100     0    0 ms   100 ms   50 ms
      system.db                      pass      100     100     0    0 ms   100 ms   50 ms

    FAIL  in 90.0 s, exit code 1
    repeat: npm run drill -- --scenario=tiny --seed=42
    "
  `);
});

test('what the subject held, where it was looked at', () => {
  const line = '  subject at most 812 MB, 5,213 open files, supervisor and Litestream together under load';
  const lines = (change: (evidence: Evidence) => void): string[] =>
    summary([evidenceWith(change)]).split('\n');
  expect(
    lines((evidence) => {
      evidence.subjectUse = { looks: 30, longestGapMs: 1000, rssBytes: 812 * 2 ** 20, openFiles: 5213 };
    }),
  ).toContain(line);
  expect(lines(() => undefined).filter((text) => text.startsWith('  subject'))).toEqual([]);
});

test('blobs beside the databases, and hooks', () => {
  const evidence = evidenceWith((beside) => {
    beside.blobs = {
      backend: 'local',
      mirrorIntervalSec: 2,
      mirrorBehindMs: 1200,
      expected: 1040,
      acknowledgedUploads: 1005,
      lostAgesMs: [950, 20],
    };
    beside.hooks = { committed: 6, acknowledgedEdits: 1, lostEdits: 1, drifted: ['hooks/acme/shop/a.js'] };
    beside.fleetChecksRun.push('hooks');
    beside.scenario.objectives.push({ expression: 'blobRpoMs < 4000', line: 10 });
  });
  const lines = summary([evidence]).split('\n');
  const from = lines.findIndex((line) => line.startsWith('  blobs'));
  expect(lines.slice(from, from + 3)).toEqual([
    '  blobs   RPO 950 ms, objective < 4.0 s (1,005 uploads acknowledged, 2 blobs lost)',
    '  hooks   1 live edit lost of 1: hooks are not replicated, they come back from version control',
    '',
  ]);
});

describe('the end of every summary', () => {
  test('is verdict, then the repeat command', () => {
    const lines = summary([evidenceWith(() => undefined)])
      .trimEnd()
      .split('\n');
    expect(lines.slice(-2)).toEqual([
      'PASS  in 90.0 s, exit code 0',
      'repeat: npm run drill -- --scenario=tiny --seed=42',
    ]);
  });

  test('tells of several drills what each said', () => {
    const second = evidenceWith((evidence) => {
      evidence.drillId = 'tiny-2';
      evidence.harnessFaults.push({ code: 'X', phase: 'load', message: 'no space left' });
    });
    const text = summary([evidenceWith(() => undefined), second]);
    expect(text).toContain('INCONCLUSIVE  of 2 drills 1 inconclusive, 1 pass  in 90.0 s, exit code 3');
    expect(text.match(/^objectives$/gm)).toHaveLength(1);
  });
});

test('a large fleet: the ten worst by name, the rest summarised', () => {
  const evidence = evidenceWith((large) => {
    const shop = databaseIn(large, SHOP);
    for (let index = 0; index < 40; index += 1) {
      large.databases.push({ ...structuredClone(shop), path: `realms/r${index}/apps/a/data.db` });
    }
    databaseIn(large, 'r33/apps/a/data.db').lostWriteAgesMs = [900];
  });
  const lines = summary([evidence]).split('\n');
  const first = lines.findIndex((line) => line === 'databases, worst first') + 2;
  expect(lines[first]).toMatch(/^ {2}realms\/r33\/apps\/a\/data\.db\s+pass .*900 ms/);
  expect(lines[first + 10]).toBe(
    '  and 33 more databases: 33 pass; 3,300 rows, 0 lost, RPO at most 0 ms, restore 100 ms, verify 50 ms',
  );
});

test('every line of a table fits a narrow terminal', () => {
  const long = `realms/${'r'.repeat(80)}/realm.db`;
  const evidence = evidenceWith((narrow) => {
    databaseIn(narrow, SHOP).path = long;
    narrow.fleetFindings.push(finding('blobs', long));
  });
  const text = summary([evidence], { columns: 90, colour: false });
  const from = text.indexOf('checks');
  for (const line of text.slice(from).split('\n')) expect(line.length).toBeLessThanOrEqual(90);
});

test('hostile names cannot steer the terminal', () => {
  const hostile = evidenceWith((evidence) => {
    databaseIn(evidence, SHOP).path = 'realms/\u001b[2J\u202e\n/apps/x/data.db';
    evidence.scenario.title = '\u001b]0;owned\u0007';
    evidence.fleetFindings.push(finding('blobs', '\u009b31m'));
  });
  const text = summary([hostile], { columns: 160, colour: false });
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(text).toContain('realms/\\u001b[2J\\u202e\\u000a/apps/x/data.db');
});

test('colour is a decision that was made before', () => {
  const green = evidenceWith(() => undefined);
  expect(summary([green], { columns: 100, colour: true })).toContain('\u001b[');
  expect(summary([green])).not.toContain('\u001b[');
});

test('an end of the supervisor that was ordered: how long it took at most, and how it ended', () => {
  const lines = summary([
    evidenceWith(({ faults }) => {
      const stop = { tookMs: 80, exitCode: 0, signal: null };
      const orderedStops = [stop, { ...stop, tookMs: 1200 }, { ...stop, exitCode: 7 }];
      faults.push({ id: 'ended', engaged: true, count: 3, orderedStops });
    }),
  ]);
  expect(lines.replaceAll(/\s+/g, ' ')).toContain(
    'ended: struck 3 times; the supervisor had ended 1.2 s after SIGTERM (exit code 0, exit code 7)',
  );
});
