import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLitestream } from './litestream/binary.ts';
import type { Result, ScenarioResult } from './result.ts';

/** What lies beside the databases, in drills with real processes: somebody damages it, and the right check says so. */

const CLI = fileURLToPath(new URL('cli.ts', import.meta.url));
const S3_CLIENT = new URL('store/s3-client.ts', import.meta.url).href;
const SUPERVISE = `exec '${process.execPath}' '${CLI}' supervise --config rustbase.toml`;

let folder: string;
let litestream: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-blobs-'));
  litestream = (await findLitestream(null, process.env)).path;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Drilled {
  readonly exitCode: number | null;
  readonly scenario: ScenarioResult;
}

async function drill(blobs: string, ...args: string[]): Promise<Drilled> {
  const file = join(folder, 'beside.yaml');
  writeFileSync(
    file,
    `id: beside
title: A small fleet with blobs and hooks
tier: smoke
fleet: { realms: 1, appsPerRealm: 2, rowsPerApp: { min: 100, max: 200 } }
supervisor: { replicateIntervalSec: 1 }
workload: { writesPerSecond: 200, duration: 4s }
blobs: ${blobs}
hooks: { perApp: 2, liveEdits: 3 }
recovery: { secondLife: false }
objectives: ["rpoMs max < 10000", "acknowledgedUploads > 0"]
`,
  );
  const outputDir = mkdtempSync(join(folder, 'run-'));
  const command = [CLI, `--scenario=${file}`, '--seed=3', '--json', `--output-dir=${outputDir}`, ...args];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'ignore'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { exitCode, scenario: (JSON.parse(stdout) as Result).scenarios[0] as ScenarioResult };
}

function failed(scenario: ScenarioResult): (readonly [id: string, detail: string])[] {
  return scenario.checks
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ id, detail }) => [id, detail] as const);
}

/** Our supervisor beside somebody who does something to the bucket of the blobs once the host is up. */
function withVandal(statement: string): string {
  const file = join(mkdtempSync(join(folder, 'vandal-')), 'vandal.mjs');
  writeFileSync(
    file,
    `import { openS3 } from '${S3_CLIENT}';
const { env } = process;
const bucket = openS3({ endpoint: env.AWS_ENDPOINT_URL_S3, region: env.AWS_REGION, bucket: 'drill-blobs',
  accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY, forcePathStyle: true });
const [{ key, sizeBytes }] = await bucket.list('');
${statement}
bucket.close();
`,
  );
  return `'${process.execPath}' '${file}' & ${SUPERVISE}`;
}

describe('blobs in S3', () => {
  it('all come back, with nothing lost', async () => {
    const { exitCode, scenario } = await drill('{ backend: s3 }');
    expect(failed(scenario)).toEqual([]);
    expect(exitCode).toBe(0);
    expect(scenario.measurements).toMatchObject({ blobRpoMs: 0, lostBlobs: 0, lostHookEdits: 3 });
  });

  it.each([
    ['is removed', 'await bucket.remove([key]);', 'is missing'],
    [
      'gets other bytes of the same size',
      'await bucket.put(key, Buffer.alloc(sizeBytes));',
      'has other bytes than were uploaded',
    ],
  ])('one of them %s', async (_, statement, words) => {
    const { exitCode, scenario } = await drill('{ backend: s3 }', `--supervisor=${withVandal(statement)}`);
    expect(failed(scenario)).toEqual([['blobs', expect.stringContaining(`: 1 (`)]]);
    expect(failed(scenario)[0]?.[1]).toContain(words);
    expect(scenario.measurements.lostBlobs).toBe(1);
    expect(exitCode).toBe(1);
  });

  it('one comes in that nobody uploaded', async () => {
    const statement = `await bucket.put(key.replace(/[^/]+$/, 'stranger'), 'x');`;
    const { scenario } = await drill('{ backend: s3 }', `--supervisor=${withVandal(statement)}`);
    expect(failed(scenario)).toEqual([
      ['blobs', expect.stringContaining('stranger was never uploaded there')],
    ]);
  });
});

describe('blobs beside the databases', () => {
  it('that the host itself loses are missed: the mirror follows it', async () => {
    const lose = `(sleep 1; find data/realms -path '*/storage/*' | sort | head -n 1 | xargs rm)`;
    const { exitCode, scenario } = await drill(
      '{ mirrorIntervalSec: 0.5 }',
      `--supervisor=${lose} & ${SUPERVISE}`,
    );
    expect(failed(scenario)).toEqual([['blobs', expect.stringContaining('is missing')]]);
    expect(exitCode).toBe(1);
  });
});

describe('hooks', () => {
  it('one comes in that version control does not have', async () => {
    const wrapper = join(folder, 'litestream');
    writeFileSync(
      wrapper,
      `#!/bin/sh
[ "$1" = restore ] && mkdir -p ../../hooks/acme/shop && echo x > ../../hooks/acme/shop/backdoor.js
exec '${litestream}' "$@"
`,
    );
    chmodSync(wrapper, 0o755);
    const { exitCode, scenario } = await drill('{ mirrorIntervalSec: 0.5 }', `--litestream=${wrapper}`);
    expect(failed(scenario).map(([id]) => id)).toContain('hooks');
    expect(failed(scenario).find(([id]) => id === 'hooks')?.[1]).toContain(
      'backdoor.js is not in version control',
    );
    expect(exitCode).toBe(1);
  });
});
