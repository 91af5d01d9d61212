import { expect, test } from 'vitest';
import type { DatabaseHistory, LedgerWrite } from '../ledger/history.ts';
import { randomFor } from '../random.ts';
import { drawInstants } from './draw-instants.ts';

/** A database with a write acknowledged at each of these instants. */
function history(path: string, instants: readonly number[], over: Partial<DatabaseHistory> = {}) {
  const writes = instants.map(
    (atUs, index): Partial<LedgerWrite> => ({
      seq: index + 1,
      fate: 'acknowledged',
      atUs,
    }),
  );
  return { path, base: { epoch: 1 }, deletedUs: null, writes, ...over } as DatabaseHistory;
}

const everySecond = Array.from({ length: 100 }, (_, index) => index * 1_000_000);
const always = () => ({ fromUs: 0, toUs: 99_000_000 });
const random = () => randomFor(1, 'instants');

test('one in each piece of the window, oldest first, the same from the same seed', () => {
  const drawn = drawInstants([history('a', everySecond)], always, 10, random());
  expect(drawn.map(({ atUs }) => Math.floor(atUs / 9_900_000))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(drawn).toEqual(drawInstants([history('a', everySecond)], always, 10, random()));
});

test('a busy database does not take them all', () => {
  const few = everySecond.filter((_, index) => index % 10 === 0);
  const histories = [history('busy', everySecond), history('quiet', few)];
  const quiet = drawInstants(histories, always, 10, random()).filter(({ path }) => path === 'quiet');
  expect(quiet.length).toBeGreaterThan(2);
});

test('nothing from outside the window, of an unacknowledged write, of a database that is gone or was replaced', () => {
  const unknown = history('unknown', everySecond);
  const histories = [
    history('late', everySecond),
    history('never-protected', everySecond),
    history('gone', everySecond, { deletedUs: 5 }),
    history('replaced', everySecond, { base: { epoch: 2 } as DatabaseHistory['base'] }),
    { ...unknown, writes: unknown.writes.map((write) => ({ ...write, fate: 'unknown' as const })) },
  ];
  const windowOf = (path: string) =>
    path === 'never-protected' ? null : { fromUs: 50_000_000, toUs: 70_000_000 };
  const drawn = drawInstants(histories, windowOf, 20, random());
  expect(new Set(drawn.map(({ path }) => path))).toEqual(new Set(['late']));
  expect(drawn.every(({ atUs }) => atUs >= 50_000_000 && atUs <= 70_000_000)).toBe(true);
  expect(drawn).toHaveLength(20);
});

test('a piece without a write takes one from anywhere; without any write there is none', () => {
  const ends = history('a', [0, 99_000_000]);
  expect(drawInstants([ends], always, 10, random())).toHaveLength(10);
  expect(drawInstants([history('a', [])], always, 10, random())).toEqual([]);
});
