import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Evidence } from '../evidence.ts';
import { databaseIn, evidenceWith, finding, greenRun } from '../judge/green-evidence.ts';
import { judgeRun } from '../judge/judge.ts';
import { sha256 } from '../history/history-file.ts';
import { readConfigurations } from './configuration.ts';
import { packItems } from './items.ts';
import { NO_STATEMENT } from './statement.ts';

function itemsOf(evidences: readonly Evidence[], more: Partial<Parameters<typeof packItems>[0]> = {}) {
  const run = greenRun(evidences);
  return packItems({
    result: judgeRun(evidences, run),
    run,
    evidences,
    history: [],
    configurations: new Map(),
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

test('results have the exit code and the bytes of every restore, and how the restored file was checked', () => {
  const [result] = itemsOf([
    evidenceWith(({ databases }) => {
      const [first] = databases;
      if (first?.restore)
        Object.assign(first.restore, { exitCode: 3, outcome: 'failed', bytes: 12, detail: 'no' });
      if (first) first.verified = null;
    }),
  ]).results;
  expect(result?.restores).toHaveLength(3);
  expect(result?.restores[0]).toMatchObject({
    database: expect.any(String),
    first: { outcome: 'failed', exitCode: 3, bytes: 12, detail: 'no', restoreMs: 100 },
    checksRun: [],
  });
  expect(result?.restores[1]).toMatchObject({
    first: { outcome: 'restored', exitCode: 0, bytes: 100_000 },
    second: { outcome: 'restored', exitCode: 0 },
    checksRun: expect.arrayContaining(['content', 'integrity']),
    findings: 0,
  });
});

test('the store has its bucket, prefix, region and skew, and the configuration its hashes', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drill-items-'));
  try {
    const config = path.join(folder, 'evidence', 'tiny', 'config');
    mkdirSync(config, { recursive: true });
    writeFileSync(
      path.join(config, 'rustbase.toml'),
      '[litestream]\nbucket = "s3://drill"\nprefix = "prod"\n',
    );
    writeFileSync(
      path.join(config, 'litestream.yml'),
      'dbs:\n  - path: /x\n    replicas:\n      - type: s3\n        region: "eu-west-1"\n',
    );
    const evidence = evidenceWith(({ store }) => void Object.assign(store, { clockSkewMs: 250 }));
    const { environment, timeline } = itemsOf([evidence], {
      configurations: readConfigurations(folder, ['tiny', 'gone']),
    });
    expect(environment.subjects).toMatchObject([
      {
        drillId: 'tiny',
        store: { bucket: 's3://drill', prefix: 'prod', regions: ['eu-west-1'], clockSkewMs: 250 },
        configuration: [
          { file: 'litestream.yml', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
          { file: 'rustbase.toml', sha256: sha256('[litestream]\nbucket = "s3://drill"\nprefix = "prod"\n') },
        ],
      },
    ]);
    expect(timeline).toMatchObject([{ storeClockSkewMs: 250 }]);
    writeFileSync(path.join(config, 'rustbase.toml'), 'no toml [');
    expect(readConfigurations(folder, ['tiny']).get('tiny')).toMatchObject({ bucket: null, prefix: null });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a commit, a trigger and an account that nobody stated are those that the run recorded', () => {
  const evidence = evidenceWith(() => undefined);
  const run = greenRun([evidence]);
  Object.assign(run.environment, {
    harnessCommit: 'abc',
    ciCommit: 'def',
    ciEvent: 'schedule',
    ciActor: 'robot',
    ciRun: 'https://ci.example/1',
  });
  const recorded = itemsOf([evidence], { run });
  expect(recorded.environment.harness).toMatchObject({ commit: 'abc', commitFrom: 'run' });
  expect(recorded.environment.ci).toEqual({
    commit: 'def',
    event: 'schedule',
    actor: 'robot',
    run: 'https://ci.example/1',
  });
  expect(recorded.drill).toMatchObject({ trigger: 'schedule', triggerFrom: 'run' });
  expect(recorded.identity).toMatchObject({ conductedBy: null, serviceAccount: 'robot' });
  const statement = { ...NO_STATEMENT, harnessCommit: 'xyz', trigger: 'manual' as const };
  const stated = itemsOf([evidence], { run, statement });
  expect(stated.environment.harness).toMatchObject({ commit: 'xyz', commitFrom: 'statement' });
  expect(stated.drill).toMatchObject({ trigger: 'manual', triggerFrom: 'statement' });
  expect(itemsOf([evidence])).toMatchObject({
    drill: { trigger: null, triggerFrom: null },
    environment: { harness: { commit: null, commitFrom: null }, ci: { commit: null } },
    identity: { serviceAccount: null },
  });
});

test('the scope names every database, its kind, how much it matters and who says so, and whether it was verified', () => {
  const evidence = evidenceWith((one) => void (databaseIn(one, 'realm.db').verified = null));
  const [scope] = itemsOf([evidence]).scope;
  expect(scope).toMatchObject({ selection: 'all', verified: 2 });
  expect(scope?.inventory).toMatchObject([
    { path: 'realms/acme/apps/shop/data.db', kind: 'app', criticality: '3', criticalityFrom: 'default' },
    { path: 'realms/acme/realm.db', kind: 'realm', criticality: '2', isRestored: true, isVerified: false },
    { path: 'system.db', kind: 'system', criticality: '1', isVerified: true, isDeleted: false },
  ]);
  const statement = { ...NO_STATEMENT, criticality: { app: 'gold' } };
  expect(itemsOf([evidence], { statement }).scope[0]?.inventory).toMatchObject([
    { kind: 'app', criticality: 'gold', criticalityFrom: 'statement' },
    { kind: 'realm', criticality: '2', criticalityFrom: 'default' },
    { kind: 'system' },
  ]);
});

test('the timeline has in UTC when the disaster was declared, the first read, and the end of every database', () => {
  const evidence = evidenceWith((one) => {
    Object.assign(one, { startUs: 5_000_000 });
    const shop = databaseIn(one, 'data.db');
    Object.assign(shop, { restore: null, verified: null, second: null });
  });
  const [timeline] = itemsOf([evidence]).timeline;
  expect(timeline).toMatchObject({
    disruptedAt: '2026-11-01T00:00:55.000Z',
    declaredAt: '2026-11-01T00:00:55.010Z',
    firstReadAt: '2026-11-01T00:00:55.900Z',
  });
  expect(timeline?.databases).toMatchObject([
    { restore: null, verification: null, firstWriteAt: null, secondRestore: null },
    {
      database: 'realms/acme/realm.db',
      restore: { endedAt: '2026-11-01T00:00:55.300Z', durationMs: 100 },
      verification: { endedAt: '2026-11-01T00:00:55.950Z', durationMs: 50 },
      firstWriteAt: '2026-11-01T00:00:56.600Z',
      protectedAgainAt: '2026-11-01T00:00:58.000Z',
      secondRestore: { endedAt: '2026-11-01T00:01:01.000Z' },
    },
    { database: 'system.db' },
  ]);
  const unread = evidenceWith(({ databases }) => {
    for (const database of databases) database.verified = null;
  });
  expect(itemsOf([unread]).timeline).toMatchObject([{ firstReadAt: null }]);
});

test('results have what each check of a restored file expected, what it found, and what threw', () => {
  const evidence = evidenceWith((one) => {
    const { path, verified, second } = databaseIn(one, 'realm.db');
    verified?.findings.push(finding('content', path, 2));
    Object.assign(verified ?? {}, { rowsRestored: 98, sha256: 'ab'.repeat(32) });
    if (second?.verified == null) return;
    second.verified.checksRun = second.verified.checksRun.filter((id) => id !== 'schema' && id !== 'content');
    second.verified.thrown.push({ check: 'schema', database: path, error: 'no memory' });
  });
  const realm = itemsOf([evidence]).results[0]?.restores.find(({ kind }) => kind === 'realm');
  expect(realm?.verified).toMatchObject({
    recoveryPoint: 100,
    sha256: 'ab'.repeat(32),
    rows: { expected: 100, actual: 98 },
  });
  expect(realm?.secondVerified?.sha256).toBeNull();
  expect(realm?.verified?.checks).toHaveLength(8);
  expect(realm?.verified?.checks).toEqual(
    expect.arrayContaining([
      {
        check: 'integrity',
        expected: 'every file is sound to SQLite, indexes included',
        actual: 'so it is',
        findings: [],
      },
      {
        check: 'content',
        expected: 'every row is as it was written',
        actual: 'otherwise',
        findings: [{ expected: 'as written', actual: 'otherwise', detail: '2 planted', count: 2 }],
      },
    ]),
  );
  const again = realm?.secondVerified?.checks ?? [];
  expect(again.map(({ check }) => check)).not.toContain('content');
  expect(again.find(({ check }) => check === 'schema')).toMatchObject({ actual: 'it threw: no memory' });
});

test.each([
  ['2026-11-01T00:01:31.000Z', '2026-11-01T00:01:31.000Z'],
  [null, 'kept'],
  [undefined, null],
])('a run that recorded %s as the end of its work folder says so', (workRemovedAt, removedAt) => {
  const evidence = evidenceWith(() => undefined);
  const run = { ...greenRun([evidence]), ...(workRemovedAt === undefined ? {} : { workRemovedAt }) };
  expect(itemsOf([evidence], { run }).disposal).toMatchObject({ removedAt });
});

test('the store has how many objects lay in it at the kill, and where their ETags are', () => {
  const bucket = { prefix: 'prod', looked: 'bucket' as const, objects: 9, replicas: [] };
  const atKillIn = (change: Partial<Evidence>) =>
    itemsOf([evidenceWith((one) => void Object.assign(one, change))]).environment.subjects[0]?.store.atKill;
  expect(atKillIn({ bucket: { ...bucket, listing: 'bucket-objects.ndjson' } })).toEqual({
    objects: 9,
    listing: 'run/evidence/tiny/bucket-objects.ndjson',
  });
  expect(atKillIn({ bucket })).toEqual({ objects: 9, listing: null });
  expect(atKillIn({})).toBeNull();
});
