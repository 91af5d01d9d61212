import { expect, test } from 'vitest';
import { changesBetween } from './changes.ts';

function database(path: string, identity = 'one') {
  return { path, file: `/data/${path}`, identity };
}
const paths = (databases: readonly { path: string }[]): string[] => databases.map(({ path }) => path);

test('tells what came, what went, and what is another one now', () => {
  const before = [database('a.db'), database('b.db'), database('c.db')];
  const now = [database('a.db'), database('b.db', 'two'), database('d.db')];
  const { added, removed, replaced } = changesBetween(before, now, new Set());
  expect([paths(added), paths(removed), paths(replaced)]).toEqual([['d.db'], ['c.db'], ['b.db']]);
});

test('a stranger that was not taken in is no new one, but still another one', () => {
  const { added, replaced } = changesBetween([], [database('a.db'), database('b.db')], new Set(['b.db']));
  expect([paths(added), paths(replaced)]).toEqual([['a.db'], ['b.db']]);
});
