import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findLitestream, litestreamOnPath } from './binary.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'binary-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, body: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

test('the packaged one says what it is', async () => {
  const found = await findLitestream(null, process.env);
  expect(found).toMatchObject({ version: '0.3.13', sqlite: '3.42.0' });
  expect(found.sha256).toMatch(/^[0-9a-f]{64}$/);
});

test('a wrapper is as good, but does not tell its SQLite', async () => {
  const { path } = await findLitestream(null, process.env);
  const wrapper = script('wrapper', `exec '${path}' "$@"`);
  expect(await findLitestream(wrapper, process.env)).toMatchObject({
    path: wrapper,
    version: '0.3.13',
    sqlite: 'unknown',
  });
});

test('a development build of the published module has its version', async () => {
  const line =
    'mod\tgithub.com/benbjohnson/litestream\tv0.5.14\th1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
  const build = script('litestream', `echo '(development build)'; exit\n${line}`);
  expect(await findLitestream(build, process.env)).toMatchObject({ version: '0.5.14' });
  const own = (help: string) =>
    script('litestream', `if [ "$1" = help ]; then echo '${help}'; else echo '(development build)'; fi`);
  const nameless = (help: string) => findLitestream(own(help), process.env);
  expect(await nameless('The commands are:\n  ltx   list LTX files')).toMatchObject({
    version: '(development build)',
    line: '0.5',
  });
  expect(await nameless('The commands are:\n  generations   list')).toMatchObject({ line: '0.3' });
  await expect(nameless('The commands are:\n  serve   something else')).rejects.toMatchObject({
    why: expect.stringContaining('only the lines 0.3 and 0.5') as unknown,
  });
});

test.for([
  ['absent', 'no/such/file', /ENOENT/],
  ['a folder', '.', /not a file/],
  ['not a Litestream', 'echo hello', /answered `version` with "hello"/],
  ['failing', 'exit 7', /failed/],
] as const)('%s: one clear error', async ([, body, why]) => {
  const choice = body.includes('/') || body === '.' ? join(folder, body) : script('litestream', body);
  await expect(findLitestream(choice, process.env)).rejects.toMatchObject({
    code: 'DRILL_E_LITESTREAM_MISSING',
    why: expect.stringMatching(why) as unknown,
  });
});

test('a file that is not executable is refused', async () => {
  const file = script('litestream', 'echo v0.3.13');
  chmodSync(file, 0o644);
  await expect(findLitestream(file, process.env)).rejects.toMatchObject({
    code: 'DRILL_E_LITESTREAM_MISSING',
  });
});

test('PATH is searched, and the starter of the npm package is replaced by the program', async () => {
  expect(litestreamOnPath({ PATH: folder })).toBeNull();
  const own = script('litestream', 'echo v0.3.13');
  expect(litestreamOnPath({ PATH: `/nowhere:${folder}` })).toBe(own);
  const bin = join(folder, 'bin');
  const starter = join(folder, '@flydotio', 'litestream');
  mkdirSync(bin);
  mkdirSync(starter, { recursive: true });
  writeFileSync(join(starter, 'index.js'), '');
  chmodSync(join(starter, 'index.js'), 0o755);
  symlinkSync(join(starter, 'index.js'), join(bin, 'litestream'));
  expect(litestreamOnPath({ PATH: bin })).toBe((await findLitestream(null, process.env)).path);
});
