import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startEmbeddedStore } from './embedded.ts';
import { startProxy } from './proxy.ts';
import { readRequestLog } from './request-log.ts';
import { openS3 } from './s3-client.ts';

/** How the request log ends: with a line of its own, or as one that was cut off. */

let folder: string;
let logFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-logger-'));
  logFile = join(folder, 'requests.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('the embedded store closes its log when it is ended, also one that nobody asked', async () => {
  const store = await startEmbeddedStore({ logFile, prefix: 'prod' });
  const client = openS3(store.writer);
  await client.put('prod/x', 'text');
  await client.put('prod/large', Buffer.alloc(200_000));
  await client.read('prod/large', AbortSignal.timeout(20_000));
  await client.put('prod/x', 'text');
  client.close();
  expect((await readRequestLog(logFile)).complete).toBe(false);
  await store[Symbol.asyncDispose]();
  const log = await readRequestLog(logFile);
  expect(log.complete).toBe(true);
  expect(log.entries.at(-1)).toMatchObject({ method: 'PUT', role: 'writer', status: 200, bytes: 4 });
  const [get] = log.entries.filter(({ method }) => method === 'GET');
  const put = log.entries.at(-1)?.answerBytes ?? 0;
  // The head comes on top.
  expect((get?.answerBytes ?? 0) - 200_000).toBeGreaterThan(50);
  expect((get?.answerBytes ?? 0) - 200_000).toBeLessThan(2000);
  expect([put > 50, put < 2000]).toEqual([true, true]);
});

it('the proxy puts what is still on its way into the log before it closes it', async () => {
  const arrived = Promise.withResolvers<undefined>();
  // Never answers.
  const upstream = createServer(() => arrived.resolve(undefined)).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const proxy = await startProxy({
    upstream: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    logFile,
    // The proxy does not wait for what the harness itself has on its way.
    roles: { OBSERVER: 'observer' },
    secrets: {},
    hostKey: null,
    faults: [],
    seed: 1,
  });
  const socket = connect(Number(new URL(proxy.endpoint).port), '127.0.0.1').on('error', () => undefined);
  const signature = 'AWS4-HMAC-SHA256 Credential=OBSERVER/20260101/us-east-1/s3/aws4_request';
  socket.write(
    `PUT /drill/prod/x HTTP/1.1\r\nHost: h\r\nAuthorization: ${signature}\r\nContent-Length: 1\r\n\r\nx`,
  );
  await arrived.promise;
  expect(await readRequestLog(logFile)).toEqual({ entries: [], complete: false });
  await proxy[Symbol.asyncDispose]();
  upstream.closeAllConnections();
  upstream.close();
  expect(await readRequestLog(logFile)).toMatchObject({
    entries: [{ method: 'PUT', url: '/drill/prod/x', status: 0 }],
    complete: true,
  });
});

it('a store that was killed leaves a log that is not complete', async () => {
  const store = await startEmbeddedStore({ logFile, prefix: 'prod' });
  const { stdout } = spawnSync('pgrep', ['-f', '-P', String(process.pid), 'embedded-process'], {
    encoding: 'utf8',
  });
  process.kill(Number(stdout.trim()), 'SIGKILL');
  await store[Symbol.asyncDispose]();
  const log = await readRequestLog(logFile);
  expect(log.entries.length).toBeGreaterThan(0);
  expect(log.complete).toBe(false);
});
