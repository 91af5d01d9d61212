import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { monotonicUs } from '../clock.ts';
import { listPids, readText } from '../host/process-scan.ts';
import { statFields } from '../host/stat-fields.ts';
import { startEmbeddedStore } from './embedded.ts';
import { readRequestLog } from './request-log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drill-settle-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Sends uploads at once, each by a connection of its own, says so, and stays. */
const FLEET = `
  const net = require('node:net');
  const [port, key, uploads] = process.argv.slice(1);
  const authorization = 'AWS4-HMAC-SHA256 Credential=' + key + '/20261130/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';
  let sent = 0;
  for (let n = 0; n < Number(uploads); n++) {
    const head = 'PUT /drill/prod/' + n + ' HTTP/1.1\\r\\nHost: h\\r\\nAuthorization: ' + authorization + '\\r\\nContent-Length: 4\\r\\n\\r\\n';
    const socket = net.connect(Number(port), '127.0.0.1', () => socket.write(head + 'body', () => {
      sent += 1;
      if (sent === Number(uploads)) console.log('sent');
    }));
  }
  setInterval(() => undefined, 1000);
`;
/** As many connections as a listening socket of Node keeps waiting, and a few less. */
const UPLOADS = 480;

it('has taken in all that a fleet had sent when its host died, however little of the machine it has', async () => {
  const logFile = path.join(folder, 'requests.ndjson');
  const store = await startEmbeddedStore({ logFile, prefix: 'prod' });
  const storePid = ownChild('embedded-process');
  let settledUs = 0;
  try {
    const { endpoint, accessKeyId } = store.writer;
    const port = new URL(endpoint ?? '').port;
    // The harness has a connection of its own, which waits for no other to be accepted.
    await store.observer.list('prod/');
    process.kill(storePid, 'SIGSTOP');
    const host = spawn(process.execPath, ['-e', FLEET, port, accessKeyId, String(UPLOADS)]);
    await once(host.stdout, 'data');
    host.kill('SIGKILL');
    await once(host, 'exit');
    const busy = busyMachine(storePid);
    try {
      await store.settle();
      settledUs = monotonicUs();
    } finally {
      busy.end();
    }
    await sleep(1000);
  } finally {
    process.kill(storePid, 'SIGCONT');
    await store[Symbol.asyncDispose]();
  }
  const { entries, complete } = await readRequestLog(logFile);
  expect(complete).toBe(true);
  const uploads = entries.filter(({ method, url }) => method === 'PUT' && url.startsWith('/drill/prod/'));
  expect(uploads).toHaveLength(UPLOADS);
  expect(uploads.filter(({ atUs }) => atUs > settledUs)).toHaveLength(0);
}, 60_000);

it('does not wait for a host that lives, and takes what that sends later for later', async () => {
  const logFile = path.join(folder, 'requests.ndjson');
  const store = await startEmbeddedStore({ logFile, prefix: 'prod' });
  let settledUs = 0;
  try {
    const { endpoint, accessKeyId } = store.writer;
    const port = new URL(endpoint ?? '').port;
    const survivor = connect(Number(port), '127.0.0.1');
    await once(survivor, 'connect');
    await store.settle();
    settledUs = monotonicUs();
    survivor.write(
      `PUT /drill/prod/late HTTP/1.1\r\nHost: h\r\nAuthorization: Credential=${accessKeyId}/x\r\nContent-Length: 0\r\n\r\n`,
    );
    await once(survivor, 'data');
    survivor.destroy();
  } finally {
    await store[Symbol.asyncDispose]();
  }
  const { entries } = await readRequestLog(logFile);
  expect(entries.find(({ url }) => url === '/drill/prod/late')?.atUs).toBeGreaterThan(settledUs);
}, 60_000);

/** Lets a process work for a fifth of the time. */
function busyMachine(pid: number): { end: () => void } {
  let isRunning = false;
  const timer = setInterval(() => {
    isRunning = true;
    process.kill(pid, 'SIGCONT');
    setTimeout(() => isRunning && process.kill(pid, 'SIGSTOP'), 20);
  }, 100);
  return {
    end: () => {
      clearInterval(timer);
      isRunning = false;
      process.kill(pid, 'SIGCONT');
    },
  };
}

function ownChild(program: string): number {
  const found = listPids().find(
    (pid) =>
      statFields(readText(`/proc/${pid}/stat`) ?? '')[1] === String(process.pid) &&
      (readText(`/proc/${pid}/cmdline`) ?? '').includes(program),
  );
  if (found === undefined) throw new Error(`${program} does not run`);
  return found;
}
