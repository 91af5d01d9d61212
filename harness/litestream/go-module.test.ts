import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { goModuleVersion } from './go-module.ts';

const SUM = 'h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
const CHUNK = 1 << 20;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'go-module-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function versionIn(line: string, before = 100): Promise<string | null> {
  const file = join(folder, 'program');
  const info = `path\tgithub.com/benbjohnson/litestream/cmd/litestream\n${line}\n`;
  writeFileSync(file, Buffer.concat([Buffer.alloc(before), Buffer.from(info), Buffer.alloc(100)]));
  return goModuleVersion(file);
}

test('the published module, wherever it stands', async () => {
  const line = `mod\tgithub.com/benbjohnson/litestream\tv0.5.14\t${SUM}`;
  expect(await versionIn(line)).toBe('0.5.14');
  // 100 places around the end of the first piece that is read.
  for (let offset = 0; offset < 200; offset += 2) {
    expect(await versionIn(line, CHUNK - offset)).toBe('0.5.14');
  }
});

test.for([
  ['a checkout', 'mod\tgithub.com/benbjohnson/litestream\tv0.5.14\t'],
  ['a changed one', `mod\tgithub.com/benbjohnson/litestream\tv0.5.14+dirty\t${SUM}`],
  ['a dependency', `dep\tgithub.com/benbjohnson/litestream\tv0.5.14\t${SUM}`],
  ['another module', `mod\tgithub.com/somebody/litestream\tv0.5.14\t${SUM}`],
] as const)('%s says nothing', async ([, line]) => {
  expect(await versionIn(line)).toBeNull();
});
