import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { deal } from './deal.ts';
import { resolveShard } from './shard-of-environment.ts';
import { parseShard } from './shard.ts';
import { readShardFile, shardFile, type WholePlan, writeShardFile } from './whole-plan.ts';

describe('--shard', () => {
  test.each([
    ['2/5', { index: 2, count: 5 }],
    ['auto', { index: null, count: null }],
    ['auto/5', { index: null, count: 5 }],
  ])('%s', (text, expected) => expect(parseShard(text)).toEqual(expected));

  test.each([
    ['', 'A shard is written 2/5'],
    ['2', 'A shard is written 2/5'],
    ['2/', 'A shard is written 2/5'],
    ['-1/5', 'A shard is written 2/5'],
    ['1.5/5', 'A shard is written 2/5'],
    ['1/0', 'The number of shards, 0, must be from 1 to 1000'],
    ['1/1001', 'The number of shards, 1001, must be from 1 to 1000'],
    ['0/5', 'The shard, 0, must be from 1 to the number of shards, 5'],
    ['6/5', 'The shard, 6, must be from 1 to the number of shards, 5'],
  ])('%j says which part is wrong', (text, message) => expect(() => parseShard(text)).toThrow(message));
});

describe('--shard=auto', () => {
  const auto = { index: null, count: null };

  test.each([
    ['GitLab and the like count from 1', auto, { CI_NODE_INDEX: '2', CI_NODE_TOTAL: '5' }, 2],
    ['Kubernetes counts from 0', { ...auto, count: 5 }, { JOB_COMPLETION_INDEX: '0' }, 1],
    ['CircleCI', auto, { CIRCLE_NODE_INDEX: '0', CIRCLE_NODE_TOTAL: '5' }, 1],
    ['Buildkite', auto, { BUILDKITE_PARALLEL_JOB: '4', BUILDKITE_PARALLEL_JOB_COUNT: '5' }, 5],
    ['Azure', auto, { SYSTEM_JOBPOSITIONINPHASE: '5', SYSTEM_TOTALJOBSINPHASE: '5' }, 5],
    ['Bitbucket', auto, { BITBUCKET_PARALLEL_STEP: '1', BITBUCKET_PARALLEL_STEP_COUNT: '5' }, 2],
    [
      'two that agree',
      { ...auto, count: 5 },
      { BUILDKITE_PARALLEL_JOB: '2', JOB_COMPLETION_INDEX: '2', CI_NODE_INDEX: '3' },
      3,
    ],
    [
      'a job of GitLab that is not parallel in a pod',
      { ...auto, count: 5 },
      { CI_NODE_TOTAL: '1', JOB_COMPLETION_INDEX: '4' },
      5,
    ],
    ['the last of Kubernetes', { ...auto, count: 5 }, { JOB_COMPLETION_INDEX: '4' }, 5],
  ])('%s', (_, choice, env, index) => expect(resolveShard(choice, env)).toEqual({ index, count: 5 }));

  test.each([
    ['no number of shards', auto, { JOB_COMPLETION_INDEX: '0' }, 'how many shards there are'],
    ['no index', auto, { CI_NODE_TOTAL: '5' }, 'which shard this is'],
    ['only an index', auto, { CIRCLE_NODE_INDEX: '0' }, 'how many shards there are'],
    [
      'CircleCI beyond the last',
      auto,
      { CIRCLE_NODE_INDEX: '5', CIRCLE_NODE_TOTAL: '5' },
      'CIRCLE_NODE_INDEX is "5"',
    ],
    [
      'Azure counts from 1',
      auto,
      { SYSTEM_JOBPOSITIONINPHASE: '0', SYSTEM_TOTALJOBSINPHASE: '5' },
      'SYSTEM_JOBPOSITIONINPHASE is "0"',
    ],
    [
      'two numbers of shards',
      auto,
      {
        CI_NODE_INDEX: '1',
        CI_NODE_TOTAL: '5',
        BUILDKITE_PARALLEL_JOB: '0',
        BUILDKITE_PARALLEL_JOB_COUNT: '4',
      },
      'how many shards there are',
    ],
    [
      'an index beyond the last',
      { ...auto, count: 3 },
      { JOB_COMPLETION_INDEX: '3' },
      'JOB_COMPLETION_INDEX is "3"',
    ],
    [
      'an index of 0 where 1 is the first',
      { ...auto, count: 3 },
      { CI_NODE_INDEX: '0' },
      'CI_NODE_INDEX is "0"',
    ],
    [
      'two that differ',
      { ...auto, count: 3 },
      { CI_NODE_INDEX: '2', JOB_COMPLETION_INDEX: '2' },
      'which shard',
    ],
  ])('%s: exit code 2', (_, choice, env, what) => {
    expect(() => resolveShard(choice, env)).toThrow(what);
  });

  it('is asked for: the variables alone make nobody a shard', () => {
    expect(resolveShard({ index: 1, count: 2 }, { CI_NODE_INDEX: '2', CI_NODE_TOTAL: '5' })).toEqual({
      index: 1,
      count: 2,
    });
  });
});

const drills = fc.uniqueArray(
  fc.record({ drillId: fc.string({ minLength: 1 }), expectedMs: fc.integer({ min: 1, max: 100_000 }) }),
  { selector: ({ drillId }) => drillId, maxLength: 40 },
);

describe('deal', () => {
  it('gives every drill to exactly one shard, whatever the order it is asked in', () => {
    fc.assert(
      fc.property(drills, fc.integer({ min: 1, max: 12 }), (all, count) => {
        const hands = deal(all, count);
        expect(hands).toHaveLength(count);
        expect(hands.flat().toSorted()).toEqual(all.map(({ drillId }) => drillId).toSorted());
        const backwards = deal(all.toReversed(), count);
        expect(backwards.map((ids) => ids.toSorted())).toEqual(hands.map((ids) => ids.toSorted()));
      }),
    );
  });

  it('leaves no shard with more than the idlest and one drill', () => {
    fc.assert(
      fc.property(drills, fc.integer({ min: 1, max: 12 }), (all, count) => {
        const cost = new Map(all.map(({ drillId, expectedMs }) => [drillId, expectedMs]));
        const sums = deal(all, count).map((ids) => ids.reduce((sum, id) => sum + (cost.get(id) ?? 0), 0));
        const longest = Math.max(0, ...cost.values());
        expect(Math.max(...sums) - Math.min(...sums)).toBeLessThanOrEqual(longest);
      }),
    );
  });

  it('deals longest first, ties by id', () => {
    const of = (drillId: string, expectedMs: number) => ({ drillId, expectedMs });
    expect(deal([of('a', 1), of('b', 1), of('c', 5), of('d', 4)], 2)).toEqual([
      ['b', 'c'],
      ['a', 'd'],
    ]);
  });
});

describe('the file of a shard', () => {
  const plan: WholePlan = {
    repeatCommand: 'npm run drill -- --tier=gate --seed=42',
    seed: 42,
    supervisor: null,
    timeoutMs: null,
    drills: [
      {
        drillId: 'tiny',
        scenario: 'tiny',
        scenarioDigest: 'dd',
        seed: 42,
        planDigest: 'aa',
        litestream: null,
        store: 'auto',
        expect: 'pass',
        mustFail: [],
        expectedMs: 1000,
      },
    ],
  };
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'drill-shard-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is read as it was written, and a run without one is no shard', () => {
    expect(readShardFile(folder)).toBe(null);
    const shard = shardFile(plan, { index: 2, count: 2 }, '0.1.0');
    expect(shard.drills).toEqual([]);
    writeShardFile(folder, shard);
    expect(readShardFile(folder)).toEqual(shard);
  });

  test.each([
    ['a plan that was changed', { plan: { ...plan, seed: 43 } }, 'the hash of its plan'],
    ['a share that was changed', { drills: [] }, 'its drills are not those'],
    ['a number that was changed', { index: 2 }, 'its name is not its own'],
    ['another schema', { schemaVersion: 2 }, 'schemaVersion'],
  ])('%s: refused', (_, change, why) => {
    const shard = { ...shardFile(plan, { index: 1, count: 2 }, '0.1.0'), ...change };
    writeFileSync(path.join(folder, 'shard-1-of-2.json'), JSON.stringify(shard));
    expect(() => readShardFile(folder)).toThrow(
      expect.objectContaining({ why: expect.stringContaining(why) }),
    );
  });
});
