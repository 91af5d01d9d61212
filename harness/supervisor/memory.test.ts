import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Memory } from './memory.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'memory-'));
  file = join(folder, 'litestream-replicated.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

function database(path: string, identity: string) {
  return { path, file: `/data/${path}`, identity };
}

const NONE: ReadonlySet<string> = new Set();

test('knows after its end which file was replicated where, on whatever device', () => {
  const memory = new Memory(file);
  memory.expect([database('a.db', '8:1:100'), database('b.db', '8:2:100')]);
  const next = new Memory(file);
  expect(next.strangersAmong([database('a.db', '9:1:100'), database('b.db', '8:3:100')])).toEqual(['b.db']);
  expect(next.strangersAmong([database('c.db', '8:9:100')])).toEqual([]);
});

test('does not take a stranger for known before it was taken in', () => {
  const memory = new Memory(file);
  memory.replicated([database('a.db', '8:1:100')], NONE);
  const reborn = database('a.db', '8:1:200');
  memory.expect([reborn]);
  memory.replicated([], new Set(['a.db']));
  expect(new Memory(file).strangersAmong([reborn])).toEqual(['a.db']);
  memory.replicated([reborn], NONE);
  expect(new Memory(file).strangersAmong([reborn])).toEqual([]);
});

test('forgets what is replicated no more', () => {
  const memory = new Memory(file);
  memory.replicated([database('a.db', '8:1:100'), database('b.db', '8:2:100')], NONE);
  memory.replicated([database('a.db', '8:1:100')], NONE);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ 'a.db': '1:100' });
});

test.each(['', '[1', '{"a.db": 3}', 'null'])('knows nothing by a file that holds %j', (text) => {
  writeFileSync(file, text);
  expect(new Memory(file).strangersAmong([database('a.db', '8:1:100')])).toEqual([]);
});
