/**
 * The embedded store: an S3 service of its own process, in memory, so that killing the host cannot touch it.
 * Started as `node embedded-process.ts '<options json>'`; says `{"port":…}` on stdout when it answers, logs
 * every request, and ends when its standard input ends (so it never outlives the harness).
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buildApp } from 'fauxqs';
import { monotonicUs } from '../clock.ts';
import type { EmbeddedOptions, RequestLogEntry } from './request-log.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as EmbeddedOptions;
await serve(options);

async function serve({ logFile, roles }: EmbeddedOptions): Promise<void> {
  const log = openSync(logFile, 'a');
  const app = buildApp({ logger: false, host: '127.0.0.1', defaultRegion: 'us-east-1' });
  app.addHook('onRequest', (request, reply, done) => {
    const role = roles[accessKeyOf(request.raw)];
    if (role === undefined || (role === 'recovery' && !['GET', 'HEAD'].includes(request.method))) {
      const code = role === undefined ? 'InvalidAccessKeyId' : 'AccessDenied';
      void reply
        .code(403)
        .type('application/xml')
        .send(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
      return;
    }
    done();
  });
  app.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const atUs = monotonicUs();
    response.once('close', () => {
      const entry: RequestLogEntry = {
        atUs,
        endUs: monotonicUs(),
        method: request.method ?? '',
        url: request.url ?? '',
        status: response.writableFinished ? response.statusCode : 0,
        bytes: Number(request.headers['content-length'] ?? 0),
        role: roles[accessKeyOf(request)] ?? 'unknown',
      };
      writeSync(log, `${JSON.stringify(entry)}\n`);
    });
  });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  process.stdout.write(`${JSON.stringify({ port: Number(new URL(address).port) })}\n`);
  const stop = (): void => {
    closeSync(log);
    process.exit(0);
  };
  process.stdin.on('end', stop).on('error', stop).resume();
  // Ctrl-C reaches the whole terminal group; the harness decides when the store ends.
  process.on('SIGINT', () => undefined);
}

function accessKeyOf(request: IncomingMessage): string {
  return /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
}
