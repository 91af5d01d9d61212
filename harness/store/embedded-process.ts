/**
 * The embedded store: an S3 service of its own process, in memory, so that killing the host cannot touch it.
 * Takes its options as one line of JSON on standard input (they hold keys); says `{"port":…}` on stdout when it answers, logs
 * every request, and ends when its standard input ends (so it never outlives the harness).
 */
import { createInterface } from 'node:readline';
import { buildApp } from 'fauxqs';
import type { EmbeddedOptions, StoreRole } from './request-log.ts';
import { logRequests, roleOf } from './request-logger.ts';

createInterface({ input: process.stdin })
  .once('line', (line) => void serve(JSON.parse(line) as EmbeddedOptions))
  // Without a harness there is nothing to serve.
  .on('close', () => process.exit(0));

async function serve({ logFile, roles, bucket }: EmbeddedOptions): Promise<void> {
  const app = buildApp({ logger: false, host: '127.0.0.1', defaultRegion: 'us-east-1' });
  app.addHook('onRequest', (request, reply, done) => {
    const role = roleOf(request.raw, roles);
    if (role === 'unknown' || !isAllowed(role, request.method, request.url, bucket)) {
      const code = role === 'unknown' ? 'InvalidAccessKeyId' : 'AccessDenied';
      void reply
        .code(403)
        .type('application/xml')
        .send(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
      return;
    }
    done();
  });
  logRequests(app.server, { logFile, roles });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  process.stdout.write(`${JSON.stringify({ port: Number(new URL(address).port) })}\n`);
  // Ctrl-C reaches the whole terminal group; the harness decides when the store ends.
  process.on('SIGINT', () => undefined);
}

/** Hosts may do anything in the bucket; the recovery and the harness may only read, but for making the bucket. */
function isAllowed(role: StoreRole, method: string, url: string, bucket: string): boolean {
  if (role === 'writer' || role === 'new-writer' || ['GET', 'HEAD'].includes(method)) return true;
  return role === 'observer' && method === 'PUT' && [`/${bucket}`, `/${bucket}/`].includes(url);
}
