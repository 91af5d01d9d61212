import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Job } from 'kubernetes-models/batch/v1';
import { PersistentVolumeClaim } from 'kubernetes-models/v1';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

/** The official schemas of Kubernetes, as kubernetes-models generates them from its OpenAPI document. */
const KINDS = { Job, PersistentVolumeClaim };

interface Manifest {
  readonly kind: keyof typeof KINDS;
  readonly spec: Record<string, unknown> & {
    readonly template?: {
      readonly spec: {
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
    expect(readFileSync(path.join(folder, 'reports/shards/4/run/args'), 'utf8')).toContain('--shard=auto/5');
    expect(run(merge?.spec.template?.spec.initContainers?.[0]?.command, 0, 0)).toBe(0);
    expect(run(merge?.spec.template?.spec.containers[0]?.command, 0, 1)).toBe(1);
    expect(existsSync(path.join(folder, 'reports/merged/run/args'))).toBe(true);
  });

  test('wait for a shard that is not there', () => {
    for (const shard of [0, 1, 2, 3]) run(drill?.spec.template?.spec.containers[0]?.command, shard, 0);
    expect(run(merge?.spec.template?.spec.initContainers?.[0]?.command, 0, 0)).toBeNull();
  });
});

test('every workflow is YAML whose jobs only run commands that there are', () => {
  const known = new Set(
    [...JSON.stringify(Object.keys(scripts())).matchAll(/[\w:]+/g)].map(([name]) => name),
  );
  for (const name of ['ci', 'nightly', 'release']) {
    const file = readFileSync(path.join(ROOT, `.github/workflows/${name}.yml`), 'utf8');
    expect(parseAllDocuments(file).flatMap((document) => document.errors)).toEqual([]);
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
