import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { vocabularyFor } from '../fleet/vocabulary.ts';
import type { LedgerRecord } from '../ledger/records.ts';
import { randomFor } from '../random.ts';
import { localBlobs, s3Blobs } from './blob-backend.ts';
import { deleteFile, uploadFile } from './file-operations.ts';
import { seedSmall, smallScenario } from './fleet-fixture.ts';
import { HandlePool } from './handle-pool.ts';
import { realFormatter } from './row-encoding.ts';
import { Session } from './session.ts';
import { TrackedDatabase } from './tracked-database.ts';

/** A bucket whose answers are given by hand. */
function slowBucket() {
  const waiting: { readonly key: string; readonly answer: (error?: Error) => void }[] = [];
  const ask = (key: string): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ key, answer: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  return { waiting, put: ask, remove: ([key = '']: readonly string[]) => ask(key) };
}

/** Runs `body` on an app of a small fleet with this backend, and returns what the ledger got. */
async function recorded(
  backend: (dataDir: string) => ReturnType<typeof s3Blobs>,
  body: (session: Session, app: TrackedDatabase, dataDir: string) => Promise<void> | void,
): Promise<LedgerRecord[]> {
  const fleet = await seedSmall(smallScenario(), 13);
  const { dataDir } = fleet;
  const records: LedgerRecord[] = [];
  const ledger = { append: (record: LedgerRecord): void => void records.push(record) };
  const formatReal = realFormatter();
  const open = (path: string): TrackedDatabase =>
    new TrackedDatabase({ file: join(dataDir, path), path, life: 1, ledger, formatReal, account: null });
  const pool = new HandlePool(open);
  const blobs = backend(dataDir);
  const random = randomFor(13, 'blobs');
  const vocabulary = vocabularyFor(13);
  const blobBytes = { min: 100, max: 100 };
  const options = { dataDir, seed: 13, writerIndex: 0, life: 1, random, vocabulary, pool, ledger };
  const session = new Session({ ...options, blobs, blobBytes });
  const app = open(fleet.plan.databases.find(({ kind }) => kind === 'app')?.path ?? '');
  try {
    await body(session, app, dataDir);
  } finally {
    app.close();
    fleet[Symbol.dispose]();
  }
  return records;
}

function kinds(records: readonly LedgerRecord[]): string[] {
  return records.map(({ t }) => t);
}

test('an upload is acknowledged when its blob is stored, after its row', async () => {
  const records = await recorded(localBlobs, (session, app, dataDir) => {
    uploadFile(session, app);
    const [id] = app.db.prepare('SELECT id FROM _files ORDER BY id DESC LIMIT 1').pluck().all() as string[];
    expect(readFileSync(join(dataDir, app.path, '../storage', id ?? ''))).toHaveLength(100);
  });
  expect(kinds(records)).toEqual(['intent', 'ack', 'blob-put', 'blob-stored']);
});

test('in S3 the writer goes on while a put is under way, and a put that fails leaves the row alone', async () => {
  const bucket = slowBucket();
  const records = await recorded(
    () => s3Blobs(bucket),
    async (session, app) => {
      uploadFile(session, app);
      uploadFile(session, app);
      const [first, second] = bucket.waiting;
      expect(first?.key).toMatch(/^realms\/[^/]+\/apps\/[^/]+\/storage\/[0-9a-f-]{36}$/);
      second?.answer();
      first?.answer(new Error('SlowDown'));
      await session.blobs.drained();
      expect(app.db.prepare('SELECT max(rowid) - count(*) FROM _files').pluck().get()).toBe(0);
    },
  );
  const begun = ['intent', 'ack', 'blob-put'];
  expect(kinds(records)).toEqual([...begun, ...begun, 'blob-stored', 'blob-refused']);
  const [stored, refused] = records.slice(-2);
  const [one, two] = records.filter(({ t }) => t === 'blob-put');
  expect(stored).toMatchObject({ file: two?.t === 'blob-put' ? two.file : '' });
  expect(refused).toMatchObject({ file: one?.t === 'blob-put' ? one.file : '', error: 'SlowDown' });
});

test('a deletion that does not reach the blob is no deletion of it', async () => {
  const bucket = slowBucket();
  const records = await recorded(
    () => s3Blobs(bucket),
    async (session, app) => {
      deleteFile(session, app);
      bucket.waiting[0]?.answer(new Error('down'));
      await session.blobs.drained();
      deleteFile(session, app);
      bucket.waiting[1]?.answer();
      await session.blobs.drained();
    },
  );
  expect(kinds(records)).toEqual(['intent', 'ack', 'intent', 'ack', 'blob-deleted']);
});

test('with too much under way records are written instead', async () => {
  const bucket = slowBucket();
  const records = await recorded(
    () => s3Blobs(bucket),
    async (session, app) => {
      for (let upload = 0; upload < 40; upload++) uploadFile(session, app);
      for (const { answer } of bucket.waiting) answer();
      await session.blobs.drained();
    },
  );
  expect(records.filter(({ t }) => t === 'blob-stored')).toHaveLength(32);
  expect(records.filter((record) => record.t === 'intent' && record.kind === 'record-create')).toHaveLength(
    8,
  );
});
