import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { waitFor } from '../waiting.ts';
import { type RunningHost, startHost } from './host.ts';
import { SUPERVISOR } from './protocol.ts';
import { SubjectWatch } from './subject-watch.ts';

let folder: string;
const { signal } = new AbortController();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-subject-'));
  mkdirSync(join(folder, 'data'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Says `ready` once it holds so much. */
const hold = (openFiles: number, mb: number): string =>
  `${process.execPath} -e '
    const held = Array.from({ length: ${openFiles} }, () => require("node:fs").openSync("/dev/null"));
    held.push(Buffer.alloc(${mb} * 2 ** 20, 1));
    console.log("ready");
    setInterval(() => held.length, 1000);
  '`;

async function start(host: RunningHost, name: string, shell: string): Promise<void> {
  let isReady = false;
  const stop = host.listen((event) => {
    isReady ||= event.event === 'line' && event.name === name && event.text === 'ready';
  });
  host.start({
    name,
    argv: null,
    shell,
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    logFile: join(folder, `${name}.log`),
    relay: true,
    ledgerFile: null,
  });
  expect(await waitFor(() => isReady || null, { timeoutMs: 10_000, everyMs: 10, signal })).toBe(true);
  stop();
}

it('sees what the supervisor and what it started hold, also outside its group, and nothing of a writer', async () => {
  await using host = await startHost(folder);
  await start(host, SUPERVISOR, `setsid ${hold(300, 100)} & ${hold(100, 50)}`);
  // Of the two that say so the later one may be missing yet.
  const seen = await waitFor(
    () => {
      const { openFiles, rssBytes } = lookOnce(host);
      return openFiles !== null && openFiles >= 400 ? { openFiles, rssBytes } : null;
    },
    { timeoutMs: 10_000, everyMs: 100, signal },
  );
  expect(seen?.openFiles).toBeLessThan(500);
  expect(seen?.rssBytes).toBeGreaterThan(150 * 2 ** 20);
  await start(host, 'writer-0', hold(1000, 400));
  const { openFiles, rssBytes } = lookOnce(host);
  expect(openFiles).toBeLessThan(500);
  expect(rssBytes).toBeLessThan(400 * 2 ** 20);
});

it('looks again while the load lasts, and says how long it did not', async () => {
  await using host = await startHost(folder);
  await start(host, SUPERVISOR, hold(10, 1));
  await using watch = new SubjectWatch(systemClock, host);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const { looks, longestGapMs } = watch.end();
  expect(looks).toBeGreaterThanOrEqual(2);
  expect(longestGapMs).toBeGreaterThan(400);
});

it('knows nothing of a supervisor that is not there', async () => {
  await using host = await startHost(folder);
  expect(lookOnce(host)).toMatchObject({ looks: 0, rssBytes: null, openFiles: null });
});

function lookOnce(host: RunningHost) {
  return new SubjectWatch(systemClock, host).end();
}
