import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DEFAULT_BACKOFF } from './backoff.ts';
import { Replication } from './replication.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-replication-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a start that failed is tried again: nobody else would ask for it', async () => {
  const command = join(folder, 'replicator');
  writeFileSync(command, '#!/bin/sh\nexec sleep 60\n');
  chmodSync(command, 0o755);
  let refusals = 2;
  const replication = new Replication({
    command,
    configPath: join(folder, 'litestream.yml'),
    dataDir: folder,
    env: { PATH: '/usr/bin:/bin' },
    log: { write: () => undefined },
    backoff: { ...DEFAULT_BACKOFF, firstMs: 10 },
    mayWrite: () => refusals-- <= 0,
  });
  await expect(replication.start(0, () => Promise.resolve())).rejects.toThrow('the lease is over');
  for (let look = 0; look < 100 && replication.status().pid === null; look++) await sleep(50);
  expect(replication.status().state).toBe('running');
  await replication.stop(0);
  expect(replication.status()).toMatchObject({ state: 'stopped', pid: null });
});
