import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findLitestream } from '../litestream/binary.ts';
import { appDatabases, openRig, type Rig, until } from '../litestream/drill-rig.ts';
import { localGeneration } from '../litestream/local-position.ts';
import { leaseKey, type LeaseTiming, parseLease } from './lease-record.ts';
import { openLeaseClock, bootId } from './lease-clock.ts';
import { findReplicators } from './orphans.ts';
import { RESTORED_FROM, writeRestoredFrom } from './restored-from.ts';
import type { Status } from './status.ts';

const binary = await findLitestream(null, process.env);
const SUPERVISE = new URL('../commands/supervise.ts', import.meta.url).href;
const SHORT: LeaseTiming = { renewMs: 500, durationMs: 4000 };
const ROWS = 50;
/** A start on a busy machine; a lease has to run out for more than twice as long. */
const AT_ONCE_MS = 15_000;

let rig: Rig;
let servers: { close(): unknown }[] = [];
beforeEach(async () => {
  rig = await openRig();
});
afterEach(async () => {
  for (const name of ['first', 'second']) {
    for (const pid of replicators(name)) process.kill(pid, 'SIGKILL');
  }
  for (const server of servers) server.close();
  servers = [];
  await rig[Symbol.asyncDispose]();
});

function dataDir(name: string): string {
  return join(rig.folder, name, 'data');
}

function replicators(name: string): number[] {
  return findReplicators(join(dataDir(name), 'litestream.yml')).map(({ pid }) => pid);
}

interface Supervisor {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly stderr: () => string;
}

interface Order {
  readonly timing?: LeaseTiming;
  readonly takeOver?: boolean;
  readonly endpoint?: string;
}

/** Starts a supervisor on a data directory of its own; all of them replicate to the same prefix. */
function start(name: string, { timing = SHORT, takeOver = false, endpoint }: Order = {}): Supervisor {
  const config = join(rig.folder, name, 'rustbase.toml');
  const section = { enabled: true, bucket: 'drill', prefix: 'prod', replicate_interval_sec: 1 };
  const lines = Object.entries(section).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  writeFileSync(config, [`data_dir = ${JSON.stringify(dataDir(name))}`, '[litestream]', ...lines].join('\n'));
  const options = JSON.stringify({ config, litestream: binary.path, takeOver, leaseTiming: timing });
  const code = `import { supervise } from ${JSON.stringify(SUPERVISE)}; process.exitCode = await supervise(${options});`;
  const { writer } = rig.store;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        AWS_ACCESS_KEY_ID: writer.accessKeyId,
        AWS_SECRET_ACCESS_KEY: writer.secretAccessKey,
        AWS_REGION: writer.region,
        AWS_ENDPOINT_URL_S3: endpoint ?? writer.endpoint ?? '',
      },
    },
  );
  rig.track(child);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-1_000_000);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, ended, stderr: () => stderr };
}

async function seed(name: string, count: number): Promise<void> {
  mkdirSync(dataDir(name), { recursive: true });
  const files = appDatabases(dataDir(name), count).map(({ file }) => file);
  const hammer = await rig.hammer({ files, rows: ROWS, writesPerSecond: 0, rowsPerWrite: 1 });
  hammer.kill('SIGKILL');
}

function status(name: string): Status | null {
  const file = join(dataDir(name), 'litestream-status.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Status) : null;
}

async function protects(name: string, limitMs = 30_000): Promise<void> {
  const ask = (): boolean => status(name)?.databases.every((one) => one.protected) ?? false;
  await until(`${name} protects its databases`, ask, limitMs);
}

async function lease() {
  return parseLease(await rig.store.observer.get(leaseKey('prod')));
}

async function expectSound(count: number): Promise<void> {
  for (const { path } of appDatabases(dataDir('first'), count)) {
    expect(await rig.findDamage(binary, path, ROWS), path).toBeNull();
  }
}

/** A door in front of the store: it may be shut, and may take the conditions away from every write. */
async function openDoor(options: { conditions: boolean }) {
  const target = new URL(rig.store.writer.endpoint ?? '');
  const door = { shut: false, endpoint: '' };
  const server = createServer((inner, answer) => {
    if (door.shut) {
      inner.socket.destroy();
      return;
    }
    const headers = { ...inner.headers };
    if (!options.conditions) for (const name of ['if-match', 'if-none-match']) delete headers[name];
    const { hostname, port } = target;
    const outer = request({ hostname, port, method: inner.method, path: inner.url, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    outer.on('error', () => inner.socket.destroy());
    inner.on('error', () => outer.destroy()).pipe(outer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  door.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  servers.push({ close: () => (server.closeAllConnections(), server.close()) });
  return door;
}

test.for([true, false])(
  'of two supervisors at the same moment one replicates (conditions: %s)',
  async (conditions) => {
    const { endpoint } = await openDoor({ conditions });
    for (const name of ['first', 'second']) await seed(name, 3);
    const both = { first: start('first', { endpoint }), second: start('second', { endpoint }) };
    const loser = await Promise.race([
      both.first.ended.then(() => 'first' as const),
      both.second.ended.then(() => 'second' as const),
    ]);
    const winner = loser === 'first' ? 'second' : 'first';
    expect(await both[loser].ended).toBe(3);
    expect(both[loser].stderr()).toMatch(/DRILL_E_SUPERVISOR_LEASED.*\n.*why:.*\n.*do:/);
    expect(both[loser].stderr()).toContain(dataDir(winner));
    expect(both[loser].stderr()).not.toContain('litestream started');
    expect(/the store has no conditional writes/.test(both[winner].stderr())).toBe(!conditions);
    await protects(winner);
    expect(replicators(loser)).toEqual([]);
    expect((await lease()).dataDir).toBe(dataDir(winner));
    await expectSound(3);
  },
);

test('a holder whose supervisor stands still is stopped by its fuse, succeeded, and ends when it goes on', async () => {
  for (const name of ['first', 'second']) await seed(name, 2);
  const first = start('first');
  await protects('first');
  first.child.kill('SIGSTOP');
  const stoppedMs = performance.now();
  const second = start('second');
  await until('the fuse has ended the first Litestream', () => replicators('first').length === 0);
  expect(performance.now() - stoppedMs).toBeLessThan(SHORT.durationMs);
  expect(replicators('second')).toEqual([]);
  await until('the second replicates', () => replicators('second').length === 1);
  first.child.kill('SIGCONT');
  expect(await first.ended).toBe(3);
  expect(first.stderr()).toContain('DRILL_E_SUPERVISOR_LEASED');
  expect(first.stderr().match(/"litestream started"/g)?.length).toBe(1);
  await protects('second');
  second.child.kill('SIGTERM');
  expect(await second.ended).toBe(0);
  await expectSound(2);
});

test('a Litestream that stands still together with its supervisor never goes on', async () => {
  await seed('first', 1);
  const first = start('first');
  await protects('first');
  const [litestream = 0] = replicators('first');
  first.child.kill('SIGSTOP');
  process.kill(litestream, 'SIGSTOP');
  await until('the fuse has ended it', () => replicators('first').length === 0);
  process.kill(litestream, 'SIGCONT');
  // Only its stopped parent has not taken note yet.
  const stat = (): string => readFileSync(`/proc/${litestream}/stat`, 'utf8');
  await until('it is a zombie', () => /\) Z /.test(stat()));
});

test('given back on SIGTERM: the next host begins at once', async () => {
  for (const name of ['first', 'second']) await seed(name, 1);
  const usual = { renewMs: 1000, durationMs: 30_000 };
  const first = start('first', { timing: usual });
  await protects('first');
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  expect(await lease()).toMatchObject({ released: true, epoch: 1 });
  start('second', { timing: usual });
  await until('the second replicates', () => replicators('second').length === 1, AT_ONCE_MS);
  expect(await lease()).toMatchObject({ released: false, epoch: 2, dataDir: dataDir('second') });
});

test('a host that comes back with its old databases is refused, until an operator knows better', async () => {
  for (const name of ['first', 'second']) await seed(name, 1);
  for (const name of ['first', 'second']) {
    const turn = start(name);
    await protects(name);
    turn.child.kill('SIGTERM');
    expect(await turn.ended).toBe(0);
  }
  const back = start('first');
  expect(await back.ended).toBe(3);
  expect(back.stderr()).toContain('DRILL_E_SUPERVISOR_STALE');
  expect(back.stderr()).not.toContain('litestream started');
  expect(await lease()).toMatchObject({ released: true, epoch: 2, dataDir: dataDir('second') });
  start('first', { takeOver: true });
  await until('the first replicates', () => replicators('first').length === 1, AT_ONCE_MS);
});

test('after a crash the same host goes on at once, and a copy of its data directory does not', async () => {
  await seed('first', 1);
  const usual = { renewMs: 1000, durationMs: 30_000 };
  const first = start('first', { timing: usual });
  await protects('first');
  first.child.kill('SIGKILL');
  await first.ended;
  cpSync(join(rig.folder, 'first'), join(rig.folder, 'second'), { recursive: true });
  const copy = start('second', { timing: usual });
  await until('the copy waits', () => copy.stderr().includes('another supervisor has the lease'));
  const again = start('first', { timing: usual });
  await until('it is back', async () => (await lease()).epoch === 2, AT_ONCE_MS);
  expect(await copy.ended).toBe(3);
  expect(copy.stderr()).not.toContain('litestream started');
  // The fuse of the crashed one finds its successor in charge.
  const before = await until(
    'it replicates',
    () => replicators('first').length === 1 && replicators('first'),
  );
  await sleep(1000);
  expect(replicators('first')).toEqual(before);
  again.child.kill('SIGTERM');
  expect(await again.ended).toBe(0);
});

test('an orphan of a crashed supervisor ends with the lease', async () => {
  await seed('first', 1);
  const first = start('first');
  await protects('first');
  first.child.kill('SIGKILL');
  await first.ended;
  expect(replicators('first').length).toBe(1);
  await until('the fuse has ended it', () => replicators('first').length === 0, SHORT.durationMs + 500);
});

test('the word of a restore spares the new host the wait, and is used up', async () => {
  for (const name of ['first', 'second']) await seed(name, 1);
  const usual = { renewMs: 1000, durationMs: 30_000 };
  const first = start('first', { timing: usual });
  await protects('first');
  for (const pid of [first.child.pid ?? 0, ...replicators('first')]) process.kill(pid, 'SIGKILL');
  const client = rig.store.observer;
  const seen = await client.read(leaseKey('prod'), AbortSignal.timeout(5000));
  const seenAtMs = openLeaseClock().nowMs();
  const word = { leaseKey: leaseKey('prod'), etag: seen?.etag ?? '', seenAtMs, bootId: bootId() };
  writeRestoredFrom(dataDir('second'), word, 0o640);
  start('second', { timing: usual });
  await until('the second replicates', () => replicators('second').length === 1, AT_ONCE_MS);
  expect(existsSync(join(dataDir('second'), RESTORED_FROM))).toBe(false);
});

test('--take-over takes the prefix from a living host, which stops before the other begins', async () => {
  for (const name of ['first', 'second']) await seed(name, 1);
  const first = start('first');
  await protects('first');
  const second = start('second', { takeOver: true });
  expect(await first.ended).toBe(3);
  expect(second.stderr()).not.toContain('litestream started');
  await until('the second replicates', () => replicators('second').length === 1);
});

test('an outage longer than the lease stops Litestream, and costs no history', async () => {
  const door = await openDoor({ conditions: true });
  await seed('first', 3);
  const databases = appDatabases(dataDir('first'), 3);
  const files = databases.map(({ file }) => file);
  await rig.hammer({ files, rows: ROWS, writesPerSecond: 60, rowsPerWrite: 5 });
  const first = start('first', { endpoint: door.endpoint });
  await protects('first');
  const generations = databases.map(({ file }) => localGeneration(file));
  door.shut = true;
  await until('Litestream is stopped', () => status('first')?.child.state === 'fenced');
  expect(replicators('first')).toEqual([]);
  expect(status('first')?.lease?.state).toBe('expired');
  await sleep(3000);
  door.shut = false;
  await until(
    'it goes on',
    () => status('first')?.lease?.state === 'held' && replicators('first').length === 1,
  );
  await sleep(4000);
  expect(databases.map(({ file }) => localGeneration(file))).toEqual(generations);
  const toldMs = performance.now();
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  expect(performance.now() - toldMs).toBeLessThan(5000);
  await expectSound(3);
});
