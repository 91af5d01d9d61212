import { describe, expect, test } from 'vitest';
import { type StoreFault, storeFaultSchema } from '../scenario/store-fault.ts';
import { FaultChoice } from './fault-choice.ts';
import { s3Request } from './s3-request.ts';

function fault(parts: object): StoreFault {
  return storeFaultSchema.parse({ id: 'x', kind: 'store-status', status: 503, ...parts });
}

/** Asks at so many ms after the beginning, as the host does unless told otherwise. */
function asking(faults: readonly StoreFault[], seed = 1) {
  const choice = new FaultChoice(faults, seed);
  choice.begin('writer', 1_000_000);
  const ask = (
    ms: number,
    method = 'PUT',
    url = '/drill/prod/a.db/x',
    role: 'writer' | 'recovery' = 'writer',
  ) => choice.choose({ role, method, url, atUs: 1_000_000 + ms * 1000 })?.id ?? null;
  return { choice, ask };
}

test('a revoked key is refused from its instant on, whatever it asks for, and another is not', () => {
  const choice = new FaultChoice(
    [storeFaultSchema.parse({ id: 'r', kind: 'store-key-revoked', from: '2s' })],
    1,
    'OLD',
  );
  choice.begin('writer', 0);
  const ask = (ms: number, accessKey?: string) =>
    choice.choose({
      role: 'writer',
      method: 'PUT',
      url: '/drill/x',
      atUs: ms * 1000,
      ...(accessKey === undefined ? {} : { accessKey }),
    })?.id ?? null;
  expect([ask(1999, 'OLD'), ask(2000, 'OLD'), ask(60_000, 'OLD')]).toEqual([null, 'r', 'r']);
  expect([ask(3000, 'NEW'), ask(3000, ''), ask(3000)]).toEqual([null, null, null]);
});

test('a window is open from its beginning up to its end, and not before its phase or after', () => {
  const { choice, ask } = asking([fault({ from: '2s', for: '3s' })]);
  expect([1999, 2000, 4999, 5000].map((ms) => ask(ms))).toEqual([null, 'x', 'x', null]);
  expect(ask(3000, 'GET', '/drill/prod/a', 'recovery')).toBeNull();
  choice.end('writer');
  expect(ask(3000)).toBeNull();
  expect(choice.hits()).toEqual({ x: 2 });
});

test('without an end it lasts as long as its phase', () => {
  const { choice, ask } = asking([fault({})]);
  expect(ask(10_000_000)).toBe('x');
  choice.end('writer');
  expect(ask(10_000_000)).toBeNull();
});

test('a role meets its own faults alone', () => {
  const { choice, ask } = asking([fault({ role: 'recovery' })]);
  expect(ask(1)).toBeNull();
  choice.begin('recovery', 1_000_000);
  expect(ask(1, 'GET', '/drill/prod/a', 'recovery')).toBe('x');
});

test('methods and keys select; a listing goes by its prefix', () => {
  const { ask } = asking([fault({ methods: ['PUT', 'LIST'], keys: 'realms/[^/]+/realm\\.db' })]);
  expect(ask(1, 'PUT', '/drill/prod/realms/a%2Fb/realm.db/x')).toBeNull();
  expect(ask(1, 'PUT', '/drill/prod/realms/a/realm.db/x')).toBe('x');
  expect(ask(1, 'GET', '/drill/prod/realms/a/realm.db/x')).toBeNull();
  expect(ask(1, 'GET', '/drill?list-type=2&prefix=prod%2Frealms%2Fa%2Frealm.db')).toBe('x');
  expect(ask(1, 'GET', '/drill/?prefix=prod')).toBeNull();
});

test('a count meets the first so many and no more', () => {
  const { ask } = asking([fault({ count: 2, methods: ['PUT'] })]);
  expect([ask(1), ask(2, 'GET'), ask(3), ask(4)]).toEqual(['x', null, 'x', null]);
});

test('a probability is a share, the same one for the same seed', () => {
  const draw = (seed: number): (string | null)[] => {
    const { ask } = asking([fault({ probability: 0.3 })], seed);
    return Array.from({ length: 1000 }, (_, ms) => ask(ms));
  };
  const share = draw(7).filter((id) => id !== null).length;
  expect(share).toBeGreaterThan(250);
  expect(share).toBeLessThan(350);
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test('of several the first one declared takes the request', () => {
  const { choice, ask } = asking([
    fault({ id: 'a', methods: ['GET'] }),
    fault({ id: 'b' }),
    fault({ id: 'c' }),
  ]);
  expect([ask(1, 'GET'), ask(2, 'PUT')]).toEqual(['a', 'b']);
  expect(choice.hits()).toEqual({ a: 1, b: 1, c: 0 });
});

describe('in the terms of S3', () => {
  test.each([
    ['GET', '/bucket?list-type=2', 'LIST', ''],
    ['GET', '/bucket/?prefix=a%2Fb', 'LIST', 'a/b'],
    ['GET', '/bucket/a%20b?x=1', 'GET', 'a b'],
    ['POST', '/bucket?delete', 'POST', ''],
    ['PUT', '/bucket/a//b', 'PUT', 'a/b'],
    ['GET', '/bucket/%zz', 'GET', '%zz'],
  ])('%s %s', (method, url, kind, key) => {
    expect(s3Request(method, url)).toEqual({ kind, key });
  });
});
