import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileIdentity } from '../litestream/file-identity.ts';
import { waitFor } from '../waiting.ts';
import { filesHeldBy } from './held-files.ts';
import { findReplicators } from './orphans.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'held-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.runIf(process.platform === 'linux')('what a replicator has open is held, and nothing else', async () => {
  const [config, file, other] = ['litestream.yml', 'a.db-shm', 'b.db-shm'].map((name) => join(folder, name));
  if (config === undefined || file === undefined || other === undefined) throw new Error(folder);
  for (const one of [file, other]) writeFileSync(one, '');
  // Ours, which is no replicator.
  const descriptor = openSync(other, 'r');
  const program = `require('node:fs').openSync(${JSON.stringify(file)}); setInterval(() => {}, 1000); console.log('open')`;
  const child = spawn(process.execPath, ['-e', program, '--', 'replicate', '-config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const isHeld = filesHeldBy(config);
    expect([file, other].map((one) => isHeld(fileIdentity(one)))).toEqual([true, false]);
  } finally {
    child.kill('SIGKILL');
    closeSync(descriptor);
  }
  const options = { timeoutMs: 5000, everyMs: 20, signal: new AbortController().signal };
  await waitFor(() => findReplicators(config).length === 0 || null, options);
  expect(filesHeldBy(config)(fileIdentity(file))).toBe(false);
});
