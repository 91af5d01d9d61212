import { execFile, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { DrillError } from '../errors.ts';
import type { Baseline } from '../compare/with-earlier.ts';
import type { Evidence } from '../evidence.ts';
import type { RunInfo } from '../evidence/run-info.ts';
import { entriesOf, NO_LINE } from '../history/entry.ts';
import { evidenceWith, finding } from '../judge/green-evidence.ts';
import { judgeRun } from '../judge/judge.ts';
import { manifestProblems, writeManifest } from '../manifest.ts';
import { toolVersion } from '../project.ts';
import { renderHtml } from '../report/html/page.ts';
import { renderJunit } from '../report/junit.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { renderMetrics } from '../report/prometheus.ts';
import { REPORTERS } from '../reporters.ts';
import type { Result } from '../result.ts';
import { readRun, resultText } from '../run-directory.ts';
import { saveRun } from '../save-run.ts';
import { shardFile, type WholePlan, writeShardFile } from '../shard/whole-plan.ts';
import { collectShards } from './collect.ts';
import { mergeRuns } from './merge-runs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drill-merge-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Three drills: one green, one red, one that could not be measured. */
function threeDrills(): Evidence[] {
  return [
    evidenceWith((evidence) => void (evidence.drillId = 'tiny-1')),
    evidenceWith((evidence) => {
      evidence.drillId = 'tiny-2';
      evidence.fleetFindings.push(finding('blobs', null));
    }),
    evidenceWith((evidence) => {
      evidence.drillId = 'tiny-3';
      evidence.kill = null;
    }),
  ];
}

function planOf(evidences: readonly Evidence[]): WholePlan {
  return {
    repeatCommand: 'npm run drill -- --scenario=tiny --repeat=3 --seed=42',
    seed: 42,
    supervisor: null,
    timeoutMs: null,
    drills: evidences.map(({ drillId, scenario, seed, planDigest }) => ({
      drillId,
      scenario: scenario.id,
      scenarioDigest: 'dd',
      seed,
      planDigest,
      litestream: null,
      store: 'auto',
      expect: scenario.expect,
      mustFail: scenario.mustFail,
      mustCount: scenario.mustCount,
      mustBreak: scenario.mustBreak,
      mustHold: scenario.mustHold,
      expectedMs: 1000,
    })),
  };
}

function infoOf(runId: string, drills: readonly Evidence[]): RunInfo {
  return {
    runId,
    seed: 42,
    repeatCommand: 'npm run drill -- --scenario=tiny --repeat=3 --seed=42',
    startedAt: '2026-11-01T00:00:00.000Z',
    durationMs: 90_000,
    tool: { version: '0.1.0' },
    environment: { node: '24.21.0' },
    drills: drills.map(({ drillId }) => drillId),
    reporterFailures: [],
  };
}

/** A run directory as one shard of a plan leaves it. */
function saveShard(
  all: readonly Evidence[],
  [index, count]: readonly [number, number],
  {
    name = `artefacts/${index}/run`,
    toolVersion = '0.1.0',
    plan = planOf(all),
    change = (run: RunInfo): void => void run,
  } = {},
): string {
  const shard = shardFile(plan, { index, count }, toolVersion);
  const own = all.filter(({ drillId }) => shard.drills.includes(drillId));
  const runDir = path.join(folder, name);
  for (const evidence of own) {
    mkdirSync(path.join(runDir, 'evidence', evidence.drillId), { recursive: true });
    writeFileSync(path.join(runDir, 'evidence', evidence.drillId, 'evidence.json'), JSON.stringify(evidence));
  }
  mkdirSync(runDir, { recursive: true });
  const info = { ...infoOf(name, own), shard: { index, count, plannedDrills: shard.drills.length } };
  change(info);
  saveRun({ runId: name, runDir, outputDir: folder }, info, own);
  writeShardFile(runDir, shard);
  writeManifest(runDir);
  return runDir;
}

async function merge(allowPartial = false, against: Baseline | null = null): Promise<Result> {
  const terms = { toolVersion: '0.1.0', allowPartial, against, reporters: REPORTERS };
  const place = { runId: 'merged', outputDir: path.join(folder, 'out') };
  return (await mergeRuns(collectShards(folder), { ...place, ...terms })).result;
}

async function refusal(allowPartial = false): Promise<DrillError> {
  const error: unknown = await merge(allowPartial).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DrillError);
  return error as DrillError;
}

describe('three shards merged', () => {
  it('give the verdicts, figures and exit code of one run', async () => {
    const all = threeDrills();
    for (const index of [3, 1, 2]) saveShard(all, [index, 3]);
    const one = judgeRun(all, infoOf('one', all));
    const merged = await merge();
    expect(merged.scenarios).toEqual(one.scenarios);
    expect([merged.verdict, merged.exitCode, merged.reason]).toEqual([one.verdict, one.exitCode, one.reason]);
    expect(merged).toMatchObject({ verdict: 'fail', exitCode: 1, repeatCommand: one.repeatCommand });
  });

  it('leave a run directory like any other: its evidence is judged to the same bytes', async () => {
    const all = threeDrills();
    for (const index of [1, 2, 3]) saveShard(all, [index, 3]);
    await merge();
    const runDir = path.join(folder, 'out', 'latest');
    const { run, evidences } = readRun(runDir);
    expect(resultText(judgeRun(evidences, run))).toBe(readFileSync(path.join(runDir, 'result.json'), 'utf8'));
    expect(manifestProblems(runDir)).toEqual([]);
    const files = readdirSync(runDir);
    for (const report of ['report.html', 'junit.xml', 'summary.md', 'metrics.prom']) {
      expect(files).toContain(report);
      expect(readFileSync(path.join(runDir, report), 'utf8')).toContain('tiny');
    }
    expect(readdirSync(path.join(runDir, 'shards', 'shard-2-of-3'))).toContain('shard-2-of-3.json');
  });

  it('are not taken for two where one of them was packed', async () => {
    const all = threeDrills().slice(0, 1);
    const packed = saveShard(all, [1, 1], { name: 'r1-pack/run' });
    writeFileSync(path.join(packed, '..', 'pack.json'), '{}');
    saveShard(all, [1, 1]);
    expect((await merge()).exitCode).toBe(0);
  });

  it('may be green, also with a shard to which the plan gives nothing', async () => {
    const all = threeDrills().slice(0, 1);
    for (const index of [1, 2]) saveShard(all, [index, 2]);
    expect(await merge()).toMatchObject({ verdict: 'pass', exitCode: 0 });
  });

  test.each([
    [['2026-11-01T00:02:00.000Z', '2026-11-01T00:01:00.000Z'], '2026-11-01T00:02:00.000Z'],
    [['2026-11-01T00:02:00.000Z', null], null],
    [['2026-11-01T00:02:00.000Z', undefined], undefined],
    [['2026-11-01T00:02:00.000Z'], undefined],
  ])('have removed their work at %j: all of it was gone at %s', async (instants, gone) => {
    const plan = planOf(threeDrills().slice(0, 1));
    for (const [at, workRemovedAt] of instants.entries()) {
      const change = (run: RunInfo): void => {
        if (workRemovedAt !== undefined) run.workRemovedAt = workRemovedAt;
      };
      saveShard(threeDrills().slice(0, 1), [at + 1, 2], { plan, change });
    }
    await merge(instants.length < 2);
    expect(readRun(path.join(folder, 'out', 'latest')).run.workRemovedAt).toBe(gone);
  });

  it('of only empty shards prove nothing', async () => {
    saveShard([], [1, 1]);
    expect(await merge()).toMatchObject({ verdict: 'inconclusive', exitCode: 3, reason: 'no drill was run' });
  });
});

/** What the history would hold of a run of these drills, with an RTO of so many times theirs. */
function earlier(evidences: readonly Evidence[], times: number): Baseline['entries'] {
  const result = judgeRun(evidences, infoOf('before', evidences));
  return entriesOf(result, 'ab'.repeat(32), new Set()).map((entry) => ({
    ...entry,
    previous: NO_LINE,
    figures: { ...entry.figures, rtoMs: (entry.figures['rtoMs'] ?? 0) * times },
  }));
}

describe('shards merged against the last pass', () => {
  const green = threeDrills().slice(0, 1);

  it('the success of a shard is none of a merged run that is worse', async () => {
    saveShard(green, [1, 1]);
    mkdirSync(path.join(folder, 'out'));
    symlinkSync('../artefacts/1/run', path.join(folder, 'out', 'latest'));
    const worse = await merge(false, { entries: earlier(green, 0.01), tolerance: 0.25 });
    expect(worse.exitCode).toBe(1);
    const metrics = readFileSync(path.join(folder, 'out', 'merged', 'metrics.prom'), 'utf8');
    expect(metrics).not.toMatch(/^drill_last_success/m);
  });

  it.each([
    ['what is as before', 1, { verdict: 'pass', exitCode: 0 }],
    [
      'what is worse',
      0.01,
      { verdict: 'fail', exitCode: 1, reason: expect.stringContaining('worse than before') },
    ],
  ])('%s', async (_, times, expected) => {
    saveShard(green, [1, 1]);
    expect(await merge(false, { entries: earlier(green, times), tolerance: 0.25 })).toMatchObject(expected);
    const runDir = path.join(folder, 'out', 'latest');
    const { run, evidences } = readRun(runDir);
    expect(resultText(judgeRun(evidences, run))).toBe(readFileSync(path.join(runDir, 'result.json'), 'utf8'));
  });

  it('a missing shard is missed beside what is worse', async () => {
    saveShard(green, [1, 2]);
    const { exitCode, reason } = await merge(true, { entries: earlier(green, 0.01), tolerance: 0.25 });
    expect(exitCode).toBe(1);
    expect(reason).toMatch(/worse than before.*shard 2 of 2 is missing/);
  });

  test('as the program does it: no history is inconclusive, the next night has one; and only the wanted reports', () => {
    saveShard(green, [1, 1], { toolVersion: toolVersion() });
    const out = path.join(folder, 'out');
    const program = (): { status: number | null; stdout: string; stderr: string } =>
      spawnSync(
        process.execPath,
        [
          path.join(import.meta.dirname, '../cli.ts'),
          'merge',
          path.join(folder, 'artefacts'),
          '--against=last-pass',
          '--tolerance=30%',
          '--reporter=junit,prometheus',
          `--output-dir=${out}`,
        ],
        { env: { PATH: process.env['PATH'] }, encoding: 'utf8' },
      );
    const first = program();
    expect([first.status, first.stdout]).toEqual([3, expect.stringContaining('no earlier pass of tiny')]);
    const second = program();
    expect([second.status, second.stdout]).toEqual([0, expect.stringContaining('NO WORSE  tolerance 30 %')]);
    const files = readdirSync(path.join(out, 'latest'));
    expect(files).toEqual(
      expect.arrayContaining(['junit.xml', 'metrics.prom', 'result.json', 'manifest.sha256']),
    );
    expect(files).not.toContain('report.html');
    expect(files).not.toContain('summary.md');
  });
});

const HOSTILE = 'a<b>&"\'`|:,%\r\n]]>\u001b[31m::error::x';

test('every format comes through a merge as the program does it, hostile names included', () => {
  const all = threeDrills();
  for (const { scenario, subject, subjectFailures } of all) {
    Object.assign(scenario, { title: HOSTILE, file: 'scenarios/a:b,c%.yaml' });
    subject.supervisor = HOSTILE;
    subjectFailures.push({ code: 'x', message: HOSTILE });
  }
  for (const index of [1, 2, 3]) saveShard(all, [index, 3], { toolVersion: toolVersion() });
  const [output, summary] = [path.join(folder, 'output'), path.join(folder, 'summary')];
  const out = path.join(folder, 'out');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(import.meta.dirname, '../cli.ts'), 'merge', folder, '--json', `--output-dir=${out}`],
    {
      env: {
        PATH: process.env['PATH'],
        GITHUB_ACTIONS: 'true',
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
      },
      encoding: 'utf8',
    },
  );
  const result = JSON.parse(stdout) as Result;
  expect([status, result.exitCode, result.scenarios.length]).toEqual([1, 1, 3]);
  const latest = (name: string): string => readFileSync(path.join(out, 'latest', name), 'utf8');
  expect(latest('junit.xml')).toBe(renderJunit(result));
  expect(latest('junit.xml').replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>]/);
  expect(latest('junit.xml')).not.toContain('\u001b');
  expect(latest('report.html')).toBe(renderHtml(result));
  expect(latest('report.html')).not.toContain('<b>&');
  expect(latest('metrics.prom')).toBe(renderMetrics(result, new Map()));
  expect(latest('summary.md')).toBe(renderMarkdown(result));
  expect(readFileSync(summary, 'utf8')).toBe(renderMarkdown(result));
  expect(readFileSync(output, 'utf8')).toMatch(/^verdict=fail\nexit-code=1\nreport-path=.*\n$/);
  const annotations = stderr.split('\n').filter((line) => line.startsWith('::'));
  expect(annotations).toHaveLength(3);
  for (const line of annotations)
    expect(line).toMatch(/^::error file=scenarios\/a%3Ab%2Cc%25\.yaml,line=\d+,title=/);
});

test('a lost shard is told: to the webhook, on GitHub, and the exit code stays', async () => {
  const runDir = saveShard(threeDrills(), [1, 2], { toolVersion: toolVersion() });
  const told: string[] = [];
  const hook = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => told.push(chunk.toString()));
    request.on('end', () => response.end());
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const { port } = hook.address() as AddressInfo;
  const [output, summary] = [path.join(folder, 'output'), path.join(folder, 'summary')];
  const env = {
    PATH: process.env['PATH'],
    DRILL_NOTIFY_URL: `http://127.0.0.1:${port}/planted-in-the-webhook`,
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
  };
  const args = ['merge', runDir, '--json', `--output-dir=${path.join(folder, 'out')}`];
  const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [path.join(import.meta.dirname, '../cli.ts'), ...args],
      { env },
      (error, stdout, stderr) => resolve({ code: error?.code, stdout, stderr }),
    );
  });
  hook.close();
  expect(ended.code).toBe(3);
  expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'DRILL_E_MERGE_REFUSED' }, exitCode: 3 });
  expect(told.map((text) => JSON.parse(text) as unknown)).toEqual([
    expect.objectContaining({
      verdict: 'inconclusive',
      exitCode: 3,
      reason: '[DRILL_E_MERGE_REFUSED] 1 shard of 2 missing: 2: what was not drilled cannot be green',
    }),
  ]);
  expect(readFileSync(summary, 'utf8')).toContain('1 shard of 2 missing: 2');
  expect(readFileSync(output, 'utf8')).toBe('verdict=inconclusive\nexit-code=3\nreport-path=\n');
  expect(ended.stderr).toMatch(/^::warning title=drill%3A inconclusive::.*1 shard of 2 missing: 2/m);
  // GitHub is told what to mask, and nobody else anything of it.
  const lines = ended.stderr.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  expect(lines.join('\n')).not.toContain('planted-in-the-webhook');
});

describe('a shard by itself', () => {
  it('is a pass without a drill only when the plan gives it none', () => {
    const runDir = saveShard(threeDrills(), [4, 4]);
    const { run } = readRun(runDir);
    expect(judgeRun([], run)).toMatchObject({
      verdict: 'pass',
      exitCode: 0,
      reason: 'the plan has no drill for shard 4 of 4',
    });
    const lazy = { ...run, shard: { index: 4, count: 4, plannedDrills: 2 } };
    expect(judgeRun([], lazy)).toMatchObject({ verdict: 'inconclusive', exitCode: 3 });
  });
});

describe('what is no part of one plan is refused', () => {
  it('nothing at all', async () => {
    expect(await refusal()).toMatchObject({ code: 'DRILL_E_MERGE_REFUSED', exit: 2 });
  });

  it('a missing shard: exit code 3, and with --allow-partial inconclusive', async () => {
    const green = [1, 2, 3].map((n) => evidenceWith((evidence) => void (evidence.drillId = `tiny-${n}`)));
    for (const index of [1, 3]) saveShard(green, [index, 3]);
    expect(await refusal()).toMatchObject({ exit: 3, what: '1 shard of 3 missing: 2' });
    const partial = await merge(true);
    expect(partial).toMatchObject({ verdict: 'inconclusive', exitCode: 3 });
    expect(partial.reason).toContain('shard 2 of 3 is missing');
    expect(partial.reason).toContain('no evidence of 1 drill: tiny-2');
  });

  it('a missing shard that the plan left empty is missing all the same', async () => {
    saveShard(threeDrills().slice(0, 1), [1, 2]);
    expect(await refusal()).toMatchObject({ exit: 3 });
  });

  it('a red shard stays red when another is missing', async () => {
    for (const index of [1, 2]) saveShard(threeDrills(), [index, 3]);
    expect(await merge(true)).toMatchObject({ verdict: 'fail', exitCode: 1 });
  });

  it('the same shard twice, also with --allow-partial', async () => {
    for (const index of [1, 2, 3]) saveShard(threeDrills(), [index, 3]);
    saveShard(threeDrills(), [2, 3], { name: 'artefacts/again' });
    expect((await refusal(true)).what).toBe('shard 2 of 3 is there more than once');
  });

  it.each([
    ['of another seed', { plan: { ...planOf(threeDrills()), seed: 43 } }, 'not of one plan'],
    ['of another version', { toolVersion: '0.2.0' }, 'not all of this version'],
  ])('a shard %s', async (_, other, what) => {
    saveShard(threeDrills(), [1, 2]);
    saveShard(threeDrills(), [2, 2], other);
    expect((await refusal(true)).what).toContain(what);
  });

  it('shards of another number', async () => {
    saveShard(threeDrills(), [1, 2]);
    saveShard(threeDrills(), [2, 3]);
    expect((await refusal(true)).what).toContain('not of one plan');
  });
});

describe('a green shard that proves less than its plan says cannot make the whole green', () => {
  const green = (): Evidence[] =>
    [1, 2].map((n) => evidenceWith((evidence) => void (evidence.drillId = `tiny-${n}`)));

  it.each([
    [
      'evidence that is gone',
      (runDir: string) => rmSync(path.join(runDir, 'evidence'), { recursive: true }),
      'no evidence of 1 drill',
    ],
    [
      'a file that was changed since',
      (runDir: string) => writeFileSync(path.join(runDir, 'events.ndjson'), 'x'),
      'events.ndjson is not as it was saved',
    ],
  ])('%s', async (_, damage, reason) => {
    saveShard(green(), [1, 2]);
    damage(saveShard(green(), [2, 2]));
    const merged = await merge();
    expect(merged).toMatchObject({ verdict: 'inconclusive', exitCode: 3 });
    expect(merged.reason).toContain(reason);
  });

  it.each(['mustFail', 'mustCount', 'mustBreak', 'mustHold'] as const)(
    'a control of another %s',
    async (list) => {
      const all = green();
      saveShard(all, [1, 2]);
      const plan = planOf(all);
      const other = all.map((evidence) => {
        const copy = structuredClone(evidence);
        if (list === 'mustFail') copy.scenario.mustFail = ['content'];
        else copy.scenario[list] = ['rtoMs < 120000'];
        return copy;
      });
      saveShard(other, [2, 2], { plan });
      expect((await merge()).reason).toContain('is of another drill than the planned one');
    },
  );

  it('evidence of another drill under the planned name', async () => {
    const all = green();
    saveShard(all, [1, 2]);
    const plan = planOf(all);
    const other = [all[0] as Evidence, evidenceWith((e) => Object.assign(e, { drillId: 'tiny-2', seed: 7 }))];
    saveShard(other, [2, 2], { plan });
    expect((await merge()).reason).toContain(
      'the evidence of tiny-2 is of another drill than the planned one',
    );
  });

  it.each<[string, (evidence: Evidence) => void, string]>([
    [
      'program under the name of one version',
      ({ subject }) => void (subject.litestream.sha256 = 'dd'),
      'Litestream 0.3.13 was not the same everywhere: SHA-256 cc, dd',
    ],
    [
      'supervisor',
      ({ subject }) => void (subject.supervisor = 'sh other.sh'),
      'the supervisor of tiny was not the same everywhere: drill supervise, sh other.sh',
    ],
    [
      'upgrade',
      ({ subject }) =>
        void (subject.upgrades = [{ atMs: 5000, version: '0.5.17', sha256: 'ee', sqlite: '3.51.3' }]),
      'what replaced Litestream in tiny was not the same everywhere: nothing, 0.5.17 after 5000 ms',
    ],
  ])('another %s', async (_, change, reason) => {
    const all = green();
    saveShard(all, [1, 2]);
    const other = evidenceWith((evidence) => {
      evidence.drillId = 'tiny-2';
      change(evidence);
    });
    saveShard([all[0] as Evidence, other], [2, 2], { plan: planOf(all) });
    const merged = await merge();
    expect(merged).toMatchObject({ verdict: 'inconclusive', exitCode: 3 });
    expect(merged.reason).toContain(reason);
  });

  it('another program in an upgrade than as the one under test', async () => {
    const all = green();
    const upgrade = { atMs: 5000, version: '0.3.13', sha256: 'ee', sqlite: '3.45.1' };
    for (const { subject } of all) subject.upgrades = [upgrade];
    saveShard(all, [1, 2]);
    saveShard(all, [2, 2]);
    expect((await merge()).reason).toContain('Litestream 0.3.13 was not the same everywhere: SHA-256 cc, ee');
  });

  it('a reporter that failed, and another Litestream and store under the same name', async () => {
    const all = green();
    const plan = planOf(all);
    saveShard(all, [1, 2]);
    const other = evidenceWith((e) => {
      e.drillId = 'tiny-2';
      e.subject.litestream.version = '0.5.17';
      e.store.kind = 'minio';
    });
    const change = (run: RunInfo): void => void run.reporterFailures.push('console: broken');
    saveShard([all[0] as Evidence, other], [2, 2], { plan, change });
    const { reason, exitCode } = await merge();
    expect(exitCode).toBe(3);
    expect(reason).toContain('shard 2 of 2: a reporter failed: console: broken');
    expect(reason).toContain('the packaged Litestream was not the same everywhere: 0.3.13, 0.5.17');
    expect(reason).toContain('store auto was not the same everywhere: embedded, minio');
  });

  it('a bug in the harness is the exit code of the whole', async () => {
    const all = green();
    const buggy = evidenceWith((e) => {
      e.drillId = 'tiny-2';
      e.harnessFaults.push({ code: 'DRILL_E_BUG', phase: 'load', message: 'oops' });
    });
    for (const index of [1, 2]) saveShard([all[0] as Evidence, buggy], [index, 2]);
    expect((await merge()).exitCode).toBe(4);
  });
});
