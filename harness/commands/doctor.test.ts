import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Diagnosis } from './doctor.ts';

const CLI = path.join(import.meta.dirname, '../cli.ts');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drill-doctor-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A program on PATH that says this and ends like that. */
function program(name: string, script: string): void {
  writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(folder, name), 0o755);
}

test('names every part that is missing or broken, what to do about it, and ends with exit code 3', () => {
  program('timedatectl', 'echo no');
  program('minio', 'exit 1');
  writeFileSync(path.join(folder, 'file'), '');
  const secret = 'planted-for-the-doctor';
  const env = {
    // Neither sqlite3, mount nor an engine is here, and a clock that nobody keeps.
    PATH: folder,
    DOCKER_HOST: 'tcp://127.0.0.1:1',
    HOME: folder,
    DRILL_LITESTREAM: path.join(folder, 'no-litestream'),
    DRILL_S3_BUCKET: 'backups',
    DRILL_S3_ENDPOINT: 'not an address',
    AWS_ACCESS_KEY_ID: 'AKIAPLANTED',
    AWS_SECRET_ACCESS_KEY: secret,
  };
  const args = [CLI, 'doctor', '--json', `--output-dir=${path.join(folder, 'file', 'reports')}`];
  const limited = ['-c', 'ulimit -n 128; exec "$@"', 'sh', process.execPath, ...args];
  const { status, stdout, stderr } = spawnSync('/bin/sh', limited, { env, encoding: 'utf8' });
  const { checks } = JSON.parse(stdout) as { checks: Diagnosis[] };
  const states = Object.fromEntries(checks.map(({ name, state }) => [name, state]));
  expect(status).toBe(3);
  expect(states).toMatchObject({
    Node: 'ok',
    'better-sqlite3': 'ok',
    Litestream: 'fail',
    sqlite3: 'warn',
    'open files': 'fail',
    'output folder': 'fail',
    'disk space': 'fail',
    clock: 'warn',
    'external store': 'fail',
    'full disk': 'warn',
    'slow disk': 'warn',
    'memory limit': 'warn',
    'container engine': 'warn',
    'minio program': 'warn',
    store: 'ok',
  });
  // Whatever is not well says what to do.
  const silent = checks.filter(
    ({ name, state, fix }) => state !== 'ok' && fix === '' && name !== 'MinIO image',
  );
  expect(silent).toEqual([]);
  expect(checks.find(({ name }) => name === 'store')?.found).toContain('auto takes embedded');
  expect(stdout + stderr).not.toContain(secret);
});
