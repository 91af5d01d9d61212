/**
 * The embedded store: an S3 service of its own process, in memory, so that killing the host cannot touch it.
 * Takes its options as one line of JSON on standard input (they hold keys); says `{"port":…}` on stdout when it answers, logs
 * every request, answers each further line once it has taken in what had been sent to it before, and ends when its standard
 * input ends (so it never outlives the harness).
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { buildApp } from 'fauxqs';
import { addConditionalPut } from './conditional-put.ts';
import { sortByBytes, withNextPage } from './embedded-lists.ts';
import { readNumberedCharacters } from './embedded-multipart.ts';
import type { EmbeddedOptions, StoreRole } from './request-log.ts';
import { accessKeyOf, closeLogs, logRequests, roleOf } from './request-logger.ts';
import { SETTLE_LIMIT_MS } from './settle-limits.ts';
import { refusalOf } from './signature.ts';
import { Traffic } from './traffic.ts';

let traffic: Promise<Traffic> | null = null;
createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (traffic === null) traffic = serve(JSON.parse(line) as EmbeddedOptions);
    else void traffic.then(async (all) => say({ settled: await all.settled(SETTLE_LIMIT_MS) }));
  })
  // Without a harness there is nothing to serve.
  .on('close', () => {
    closeLogs();
    process.exit(0);
  });

async function serve({ logFile, roles, secrets, buckets }: EmbeddedOptions): Promise<Traffic> {
  sortByBytes();
  const app = buildApp({ logger: false, host: '127.0.0.1', defaultRegion: 'us-east-1' });
  app.addHook('onRequest', (request, reply, done) => {
    const role = roleOf(request.raw, roles);
    const secret = secrets[accessKeyOf(request.raw)];
    const refusal =
      secret === undefined
        ? 'InvalidAccessKeyId'
        : (refusalOf(request.raw, secret) ??
          (isAllowed(role, request.method, request.url, buckets) ? null : 'AccessDenied'));
    if (refusal !== null) {
      void reply
        .code(403)
        .type('application/xml')
        .send(`<Error><Code>${refusal}</Code><Message>${refusal}</Message></Error>`);
      return;
    }
    done();
  });
  addConditionalPut(app);
  readNumberedCharacters(app);
  app.addHook('onSend', (_request, _reply, payload, done) => {
    done(null, typeof payload === 'string' ? withNextPage(payload) : payload);
  });
  if (logFile !== null) logRequests(app.server, logFile, (request) => ({ role: roleOf(request, roles) }));
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const port = Number(new URL(address).port);
  const all = new Traffic(app.server, port, (request) => roleOf(request, roles));
  app.server.prependListener('request', (request, response) => {
    void all.carry(roleOf(request, roles), async () => void (await once(response, 'close')));
  });
  say({ port });
  // Ctrl-C reaches the whole terminal group; the harness decides when the store ends.
  process.on('SIGINT', () => undefined);
  return all;
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const CHANGERS: readonly StoreRole[] = ['writer', 'new-writer', 'saboteur'];

/** Hosts and declared faults may do anything in the buckets; the recovery and the harness may only read, but for making the buckets. */
function isAllowed(role: StoreRole, method: string, url: string, buckets: readonly string[]): boolean {
  if (CHANGERS.includes(role) || ['GET', 'HEAD'].includes(method)) return true;
  const isBucket = buckets.some((bucket) => [`/${bucket}`, `/${bucket}/`].includes(url));
  return role === 'observer' && method === 'PUT' && isBucket;
}
