import { describe, expect, test } from 'vitest';
import { type Evidence, evidenceSchema } from '../evidence.ts';
import { databaseIn, evidenceWith, greenEvidence, KILL_US, notRestored } from './green-evidence.ts';
import { judge } from './judge.ts';

const SHOP = 'realms/acme/apps/shop/data.db';
const PATHS = [SHOP, 'realms/acme/realm.db', 'system.db'];
const NEVER = { code: 'never-protected', message: 'never protected: 3 of 3 databases before the load' };

/** A drill in which nothing came back, judged with what the bucket held. */
function judgedWith(bucket: Evidence['bucket'], expect: 'pass' | 'fail' = 'pass') {
  return judge(
    evidenceSchema.parse(
      evidenceWith((evidence) => {
        for (const path of PATHS) notRestored(evidence, path, 'not-in-bucket');
        evidence.subjectFailures.push(NEVER);
        if (bucket !== undefined) evidence.bucket = bucket;
        evidence.scenario.expect = expect;
        if (expect === 'fail') evidence.scenario.mustFail = ['inventory'];
      }),
    ),
  );
}

function bucketWith(...places: string[]): NonNullable<Evidence['bucket']> {
  const replicas = places.map((at) => ({ at, objects: 2 }));
  return { prefix: 'prod', looked: 'bucket', objects: places.length * 2, replicas };
}

describe('a verdict tells where the objects are', () => {
  test.each<[string, Evidence['bucket'], string]>([
    ['nowhere', bucketWith(), 'the bucket is empty'],
    [
      'nowhere below the prefix, in a bucket of somebody else',
      { ...bucketWith(), looked: 'prefix' },
      'prod/ in the bucket is empty',
    ],
    [
      'without the .db',
      bucketWith('prod/realms/acme/apps/shop/data', 'prod/realms/acme/realm', 'prod/system'),
      `objects were found at prod/realms/acme/apps/shop/data, a database belongs at prod/${SHOP}, and so for 2 more`,
    ],
    [
      'below no prefix',
      bucketWith('system.db'),
      'objects were found at system.db, a database belongs at prod/system.db',
    ],
    [
      'below the whole path of the file',
      bucketWith('prod/srv/data/system.db'),
      'objects were found at prod/srv/data/system.db, a database belongs at prod/system.db',
    ],
    [
      'for one of three',
      bucketWith('prod/system.db'),
      `no object was ever sent for ${SHOP}, realms/acme/realm.db`,
    ],
  ])('%s', (_, bucket, words) => {
    const { reason, checks } = judgedWith(bucket);
    expect(reason).toMatch(/^never protected: 3 of 3 databases before the load; /);
    expect(reason).toContain(`; ${words}; `);
    expect(checks.find(({ id }) => id === 'inventory')?.detail).toContain(`. ${words}`);
  });

  test('in a negative control too', () => {
    const { verdict, reason } = judgedWith(bucketWith(), 'fail');
    expect(verdict).toBe('pass');
    expect(reason).toBe(
      `the negative control was caught by inventory: ${NEVER.message}; the bucket is empty`,
    );
  });
});

test('of what is excused, when the subject failed anyway', () => {
  const young = (failed: boolean) =>
    judge(
      evidenceWith((evidence) => {
        notRestored(evidence, SHOP, 'not-in-bucket');
        Object.assign(databaseIn(evidence, SHOP), { createdUs: KILL_US - 1, protectedUs: null });
        databaseIn(evidence, SHOP).claimedProtected = false;
        evidence.bucket = bucketWith('prod/system.db');
        if (failed) evidence.subjectFailures.push(NEVER);
      }),
    );
  expect(young(true).reason).toContain(`; no object was ever sent for ${SHOP}`);
  expect(young(false)).toMatchObject({ verdict: 'pass' });
  expect(young(false).reason).not.toContain('no object');
});

describe('it says nothing', () => {
  test('when everything is where it belongs and yet did not come back', () => {
    const everything = bucketWith(...PATHS.map((path) => `prod/${path}`));
    expect(judgedWith(everything).reason).toBe(judgedWith(undefined).reason);
  });

  test('when everything came back', () => {
    const green = judge(greenEvidence());
    expect(judge(evidenceWith((evidence) => void (evidence.bucket = bucketWith('prod/system'))))).toEqual(
      green,
    );
  });
});
