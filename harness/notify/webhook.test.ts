import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, test } from 'vitest';
import { evidenceWith, finding, greenRun } from '../judge/green-evidence.ts';
import { judgeRun } from '../judge/judge.ts';
import { notificationBody } from '../report/notification.ts';
import { postWebhook } from './webhook.ts';

const LIMITS = { timeoutMs: 300, pausesMs: [5, 5] };
let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

/** A webhook on the loopback that answers in turn; 0: never. The last answer is for all that follow. */
async function webhook(statuses: readonly number[]): Promise<{ url: URL; bodies: string[] }> {
  const bodies: string[] = [];
  const own = createServer((request, response) => {
    void textOf(request).then((text) => {
      const status = statuses[Math.min(bodies.push(text), statuses.length) - 1] ?? 0;
      if (status === 302) response.setHeader('location', '/elsewhere');
      if (status !== 0) response.writeHead(status).end('thanks');
    });
  });
  server = own;
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  const { port } = own.address() as AddressInfo;
  return { url: new URL(`http://127.0.0.1:${port}/services/T0/SECRET-TOKEN`), bodies };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

describe('a webhook', () => {
  test.each([
    ['is told once when it listens', [200], null, 1],
    ['is tried again when it is busy', [503, 429, 204], null, 3],
    ['is given up after three attempts', [500], 'it answered 500', 3],
    ['is not asked again when it refuses', [404], 'it answered 404', 1],
    ['is not followed elsewhere', [302, 200], 'it answered 302', 1],
    ['is not waited for', [0], 'no answer within 300 ms', 3],
  ])('%s', async (_, statuses, problem, attempts) => {
    const { url, bodies } = await webhook(statuses);
    const failure = await postWebhook(url, '{"verdict":"fail"}', LIMITS);
    if (problem === null) expect(failure).toBe(null);
    else expect(failure).toBe(`${url.host} did not take the notification: ${problem}`);
    expect(bodies).toEqual(Array.from({ length: attempts }, () => '{"verdict":"fail"}'));
  });

  it('that is not there is told without the secret in its address', async () => {
    const { url } = await webhook([200]);
    await new Promise((resolve) => server?.close(resolve));
    const failure = await postWebhook(url, '{}', LIMITS);
    expect(failure).toBe(`${url.host} did not take the notification: ECONNREFUSED`);
  });
});

describe('what it is told', () => {
  const run = greenRun(Array.from({ length: 12 }, (_, index) => ({ drillId: `tiny-${index}` })));
  const evidences = run.drills.map((drillId) =>
    evidenceWith((evidence) => {
      evidence.drillId = drillId;
      evidence.subjectFailures.push({ code: 'X', message: '<!channel> & "quoted"' });
      evidence.fleetFindings.push(finding('blobs', null));
    }),
  );
  const result = judgeRun(evidences, run);

  it('as facts', () => {
    const body = JSON.parse(notificationBody(result, 'json')) as { drills: unknown[] };
    expect(body).toMatchObject({ verdict: 'fail', exitCode: 1, runId: 'r1', moreDrills: 2 });
    expect(body.drills).toHaveLength(10);
    expect(body.drills[0]).toMatchObject({ drillId: 'tiny-0', verdict: 'fail', lostWrites: 0 });
  });

  it('as a text for Slack, in which nothing of ours is a mention', () => {
    const { text } = JSON.parse(notificationBody(result, 'slack')) as { text: string };
    expect(text).toMatch(/^\*Disaster-recovery drill: fail\* \(exit code 1, 90\.0 s\)\n/);
    expect(text).toContain('• tiny-0: fail. &lt;!channel&gt; &amp; "quoted"; 1 check failed: blobs');
    expect(text).toContain('and 2 more');
    expect(text).not.toContain('<');
  });
});
