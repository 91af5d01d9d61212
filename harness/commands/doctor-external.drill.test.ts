import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ExternalRig, openExternalRig } from '../store/external-rig.ts';
import { externalDiagnoses } from './doctor-external.ts';

let rig: ExternalRig;
beforeAll(async () => {
  rig = await openExternalRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

const PLANTED = 'planted-secret-of-nobody';

/** A service on this machine that does this, for as long as the work lasts. */
async function beside<T>(listener: RequestListener, work: (endpoint: string) => Promise<T>): Promise<T> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

it('says nothing where nobody has named a bucket', async () => {
  expect(await externalDiagnoses({})).toEqual([]);
});

it('asks a store by each credential, and compares the clocks', async () => {
  const found = await externalDiagnoses(rig.environment());
  expect(found).toEqual(
    ['external store', 'external restores'].map((name) => ({
      name,
      state: 'ok',
      found: expect.stringMatching(
        /^bucket drill, prefix dr-drill, at http:\/\/127\.0\.0\.1:\d+ answers ….{4} in .*; .*\bclock\b/,
      ),
      fix: '',
    })),
  );
  for (const secret of [rig.store.writer, rig.store.recovery].map((one) => one.secretAccessKey))
    expect(JSON.stringify(found)).not.toContain(secret);
});

it('names the credential that is refused, and no secret', async () => {
  const env = { ...rig.environment(), DRILL_S3_RECOVERY_SECRET_ACCESS_KEY: PLANTED };
  const [writer, recovery] = await externalDiagnoses(env);
  expect(writer).toMatchObject({ state: 'ok' });
  expect(recovery).toMatchObject({
    state: 'fail',
    found: expect.stringMatching(/^cannot list the bucket drill at .*: .*….{4}.*; .*\bclock\b/),
    fix: expect.stringContaining('DRILL_S3_RECOVERY_ACCESS_KEY_ID'),
  });
  expect(JSON.stringify(recovery)).not.toContain(PLANTED);
});

it('says that nobody is there', async () => {
  const [writer] = await externalDiagnoses(rig.environment('http://127.0.0.1:1'));
  expect(writer).toMatchObject({
    state: 'fail',
    found: 'cannot list the bucket drill at http://127.0.0.1:1: nothing listens on that port (ECONNREFUSED)',
    fix: 'check DRILL_S3_ENDPOINT, and that the service runs',
  });
});

it('does not wait long for one that says nothing', async () => {
  const startMs = performance.now();
  const [writer] = await beside(
    () => undefined,
    (endpoint) => externalDiagnoses(rig.environment(endpoint)),
  );
  expect(writer).toMatchObject({ state: 'fail', found: expect.stringMatching(/: no answer in time$/) });
  expect(performance.now() - startMs).toBeLessThan(15_000);
});

it('warns of a store whose clock is far from ours, and says how far', async () => {
  const listing =
    '<?xml version="1.0"?><ListBucketResult><Name>drill</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>';
  const [writer] = await beside(
    (_, response) => {
      const date = new Date(Date.now() - 600_000).toUTCString();
      response.writeHead(200, { 'content-type': 'application/xml', date }).end(listing);
    },
    (endpoint) => externalDiagnoses(rig.environment(endpoint)),
  );
  expect(writer).toMatchObject({
    state: 'warn',
    found: expect.stringMatching(/our clock is (9 min 59 s|10 min) ahead of its own$/),
    fix: expect.stringMatching(/^set the clock of this machine \(NTP\)/),
  });
});
