import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Job } from 'kubernetes-models/batch/v1';
import { PersistentVolumeClaim } from 'kubernetes-models/v1';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { combinationsOf } from '../scenario/combinations.ts';
import { findScenarios } from '../scenario/registry.ts';

/** The official schemas of Kubernetes, as kubernetes-models generates them from its OpenAPI document. */
const KINDS = { Job, PersistentVolumeClaim };

interface Manifest {
  readonly kind: keyof typeof KINDS;
  readonly spec: Record<string, unknown> & {
    readonly template?: {
      readonly spec: {
        readonly volumes: readonly unknown[];
        readonly containers: readonly { readonly command: readonly string[] }[];
        readonly initContainers?: readonly { readonly command: readonly string[] }[];
      };
    };
  };
}

const ROOT = path.join(import.meta.dirname, '../..');
const text = readFileSync(path.join(ROOT, '.deploy/kubernetes.yaml'), 'utf8')
  .replaceAll('${RUN}', 'nightly-1')
  .replaceAll('${SEED}', '1');
const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
const [, drill, merge] = manifests;

function validate(manifest: Manifest): void {
  new KINDS[manifest.kind](manifest as never).validate();
}

describe('the manifests for Kubernetes', () => {
  test('are as the official schemas want them', () => {
    expect(manifests.map(({ kind }) => kind)).toEqual(['PersistentVolumeClaim', 'Job', 'Job']);
    for (const manifest of manifests) validate(manifest);
  });

  test.each([{ completions: 'five' }, { template: undefined }, { completionMode: 3 }])(
    'and a slip would be seen: %j',
    (slip) => {
      if (drill === undefined) throw new Error('no job');
      expect(() => validate({ ...drill, spec: { ...drill.spec, ...(slip as object) } })).toThrow(/./);
    },
  );

  test('try no drill again, and end none because another one failed', () => {
    expect(drill?.spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 5,
      parallelism: 5,
      backoffLimitPerIndex: 0,
      maxFailedIndexes: 5,
    });
    expect(merge?.spec).toMatchObject({ backoffLimit: 0 });
  });

  test('leave out the scenarios that need more rights than a pod has', () => {
    const command = drill?.spec.template?.spec.containers[0]?.command[2] ?? '';
    const left = [...command.matchAll(/--except=(\S+)/g)]
      .map(([, id = '?']) => id)
      .toSorted((a, b) => a.localeCompare(b));
    const needing = readdirSync(path.join(ROOT, 'scenarios'))
      .filter((name) => name.endsWith('.yaml'))
      .filter((name) => {
        const text = readFileSync(path.join(ROOT, 'scenarios', name), 'utf8');
        return /^tier: nightly$/m.test(text) && /disk-full|host-slow-disk|memoryMb/.test(text);
      })
      .map((name) => name.replace('.yaml', ''))
      .toSorted((a, b) => a.localeCompare(b));
    expect(left).toEqual(needing);
  });
});

describe('the shell lines in them', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'pod-'));
    mkdirSync(path.join(folder, 'node_modules/.bin'), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a command of a container in a folder that stands for its file system, with a drill that ends like this. */
  function run(command: readonly string[] | undefined, shard: number, exitCode: number): number | null {
    const stub = path.join(folder, 'node_modules/.bin/drill');
    writeFileSync(
      stub,
      `#!/bin/sh\nmkdir -p ${folder}/work/reports/run\necho "$@" >${folder}/work/reports/run/args\nexit ${exitCode}\n`,
    );
    chmodSync(stub, 0o755);
    const script = (command?.[2] ?? '').replaceAll(/(?<![\w.])\/(reports|work)\b/g, `${folder}/$1`);
    const env = { PATH: process.env['PATH'], SHARD: String(shard) };
    return spawnSync('sh', ['-c', script], { cwd: folder, env, timeout: 3000 }).status;
  }

  test('keep the exit code and what the drill left', () => {
    const command = drill?.spec.template?.spec.containers[0]?.command;
    for (const [shard, code] of [0, 1, 3, 0, 4].entries()) expect(run(command, shard, code)).toBe(code);
    expect(readFileSync(path.join(folder, 'reports/shards/nightly-1/4/run/args'), 'utf8')).toContain(
      '--shard=auto/5',
    );
    expect(run(merge?.spec.template?.spec.initContainers?.[0]?.command, 0, 0)).toBe(0);
    expect(run(merge?.spec.template?.spec.containers[0]?.command, 0, 1)).toBe(1);
    // What is merged stays where the next run finds its history.
    const merged = readFileSync(path.join(folder, 'work/reports/run/args'), 'utf8');
    expect(merged).toContain(`--output-dir=${folder}/reports/merged`);
    const { volumes } = merge?.spec.template?.spec ?? {};
    expect(volumes).toEqual([{ name: 'reports', persistentVolumeClaim: { claimName: 'drill-reports' } }]);
    expect(manifests[0]).toMatchObject({ metadata: { name: 'drill-reports' } });
  });

  test('wait for a shard that is not there', () => {
    for (const shard of [0, 1, 2, 3]) run(drill?.spec.template?.spec.containers[0]?.command, shard, 0);
    expect(run(merge?.spec.template?.spec.initContainers?.[0]?.command, 0, 0)).toBeNull();
  });
});

test('what they call is understood, and plans drills', () => {
  const files = [
    '.deploy/kubernetes.yaml',
    '.github/workflows/nightly.yml',
    '.github/workflows/weekly.yml',
    '.github/workflows/release.yml',
  ];
  const lines = files.flatMap((file) =>
    [...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/(?:bin\/drill|drill --) (--tier=.*)$/gm)].map(
      ([, args = '']) => args.replaceAll(/\$\{\{?.*?\}\}?/g, '1').replace('auto/', '1/'),
    ),
  );
  expect(lines).toHaveLength(4);
  for (const line of lines) {
    const args = [path.join(ROOT, 'harness/cli.ts'), ...line.split(' '), '--dry-run'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: ROOT });
    expect([status, stdout, stderr], line).toEqual([
      0,
      expect.stringContaining('drills, about'),
      expect.any(String),
    ]);
  }
});

test('the merges that they call are understood', () => {
  const files = ['.deploy/kubernetes.yaml', '.github/workflows/nightly.yml'];
  const lines = files.flatMap((file) =>
    [...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/(?:bin\/drill|drill --) (merge .*)$/gm)].map(
      ([, args = '']) => args.replace(/ \S*shards\S*/, ' /no/such/shards'),
    ),
  );
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(line).toContain('--against=last-pass');
    const args = [path.join(ROOT, 'harness/cli.ts'), ...line.split(' ')];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: tmpdir() });
    expect([status, stderr], line).toEqual([2, expect.stringContaining('/no/such/shards cannot be read')]);
  }
});

test('image and nightly job have every Litestream that the nightly scenarios compare, and no other', async () => {
  const directory = path.join(ROOT, 'scenarios');
  const nightly = await findScenarios({ names: [], tier: 'nightly', tag: null }, directory);
  const wanted = nightly.flatMap(({ scenario }) => [
    ...combinationsOf(scenario, { litestream: null, store: 'auto' }).map(({ litestream }) => litestream),
    ...scenario.upgrades.map(({ litestream }) => litestream),
  ]);
  const fetched = new Set(wanted.filter((version) => version !== null && version !== '0.3.13'));
  for (const file of ['.deploy/Containerfile', '.github/workflows/nightly.yml']) {
    const [, versions = ''] =
      /(?:LITESTREAM="|add )((?:\d+\.\d+\.\d+ ?)+)/.exec(readFileSync(path.join(ROOT, file), 'utf8')) ?? [];
    expect(versions.trim().split(' '), file).toEqual(
      [...fetched].toSorted((a, b) => versionRank(a) - versionRank(b)),
    );
  }
});

function versionRank(version: string | null): number {
  return (version ?? '').split('.').reduce((rank, part) => rank * 1000 + Number(part), 0);
}

test('every workflow is YAML whose jobs only run commands that there are', () => {
  const known = new Set(
    [...JSON.stringify(Object.keys(scripts())).matchAll(/[\w:]+/g)].map(([name]) => name),
  );
  for (const name of ['ci', 'nightly', 'weekly', 'release']) {
    const file = readFileSync(path.join(ROOT, `.github/workflows/${name}.yml`), 'utf8');
    expect(parseAllDocuments(file).flatMap((document) => document.errors)).toEqual([]);
    // A tag can be moved to other code, a commit cannot.
    for (const [, action = ''] of file.matchAll(/uses: (.*)/g)) expect(action).toMatch(/@[0-9a-f]{40} # v/);
    expect(file).toContain('permissions: { contents: read }');
    for (const [, script = ''] of file.matchAll(/npm run ([\w:]+)/g)) expect(known).toContain(script);
  }
  expect(execFileSync('git', ['ls-files', '.deploy'], { cwd: ROOT, encoding: 'utf8' })).toContain(
    'Containerfile',
  );
});

function scripts(): Record<string, string> {
  return (
    JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
  ).scripts;
}
