import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findLitestream } from './binary.ts';
import { cachedProgram, cachedVersions, recordFile } from './cache.ts';
import { assertAtHand, chooseLitestream } from './choose.ts';
import { fakeLitestream } from './fake-tools.ts';
import { surveyCache } from './survey.ts';

let env: Record<string, string>;
beforeEach(() => {
  env = { DRILL_LITESTREAM_DIR: mkdtempSync(join(tmpdir(), 'choose-')) };
});
afterEach(() => rmSync(env['DRILL_LITESTREAM_DIR'] ?? '', { recursive: true, force: true }));

/** As `litestream add` leaves it. */
async function keep(version: string, answer = version): Promise<string> {
  const program = cachedProgram(version, env);
  mkdirSync(dirname(program), { recursive: true });
  writeFileSync(program, fakeLitestream(answer));
  chmodSync(program, 0o755);
  const { sha256 } = await findLitestream(program, env);
  const record = { version, sha256, source: 'a test', checked: 'nothing', fetchedAt: '' };
  writeFileSync(recordFile(version, env), JSON.stringify(record));
  return program;
}

test('a version is the fetched one, a path a program, nothing the packaged one', async () => {
  const program = await keep('0.5.17');
  expect(await chooseLitestream('0.5.17', env)).toMatchObject({ path: program, version: '0.5.17' });
  expect(await chooseLitestream('v0.5.17', env)).toMatchObject({ path: program });
  expect(await chooseLitestream(program, env)).toMatchObject({ path: program });
  const packaged = await chooseLitestream(null, env);
  expect(packaged.version).toBe('0.3.13');
  expect(await chooseLitestream('0.3.13', env)).toEqual(packaged);
});

test('a fetched 0.3.13 comes before the packaged one', async () => {
  const program = await keep('0.3.13');
  expect((await chooseLitestream('0.3.13', env)).path).toBe(program);
});

test('all versions that are missing are told at once, with the command that fetches them', async () => {
  await keep('0.5.5');
  const choices = ['0.5.5', 'v0.5.17', null, '/usr/bin/litestream', '0.3.13', '0.5.16', '0.5.16'];
  expect(() => assertAtHand(choices, env)).toThrow(
    expect.objectContaining({
      code: 'DRILL_E_LITESTREAM_MISSING',
      exit: 2,
      fix: 'npm run drill -- litestream add 0.5.17 0.5.16',
    }),
  );
});

test.for(['0.5', 'v0.5', '0', 'latest'])('%s is not a whole version', async (choice) => {
  await expect(chooseLitestream(choice, env)).rejects.toMatchObject({ code: 'DRILL_E_USAGE', exit: 2 });
});

test('a program that has changed since it was fetched is refused', async () => {
  appendFileSync(await keep('0.5.17'), '# damaged\n');
  await expect(chooseLitestream('0.5.17', env)).rejects.toMatchObject({
    exit: 2,
    why: expect.stringContaining('has changed since then') as unknown,
    fix: 'npm run drill -- litestream add 0.5.17 --force',
  });
});

test('a program in the place of another version is refused', async () => {
  await keep('0.5.17', '0.5.8');
  await expect(chooseLitestream('0.5.17', env)).rejects.toMatchObject({
    why: expect.stringContaining('answers `version` with 0.5.8') as unknown,
  });
});

test('a program put there by hand has no note, and is as good', async () => {
  await keep('0.5.17');
  rmSync(recordFile('0.5.17', env));
  expect((await chooseLitestream('0.5.17', env)).version).toBe('0.5.17');
  writeFileSync(recordFile('0.5.17', env), '{"version": ');
  await expect(chooseLitestream('0.5.17', env)).rejects.toMatchObject({ exit: 2 });
});

test('what lies in the cache is listed, oldest first, the unusable with its reason', async () => {
  await keep('0.5.10');
  await keep('0.5.8', '0.5.6');
  mkdirSync(join(env['DRILL_LITESTREAM_DIR'] ?? '', '.fetching-1-x'));
  mkdirSync(join(env['DRILL_LITESTREAM_DIR'] ?? '', '0.5.9'));
  expect(cachedVersions(env)).toEqual(['0.5.8', '0.5.10']);
  expect(await surveyCache(env)).toMatchObject([
    { version: '0.5.8', sha256: null, problem: expect.stringContaining('0.5.6') as unknown },
    { version: '0.5.10', line: '0.5', source: 'a test', walResetBug: null, problem: null },
  ]);
});
