import type { buildApp } from 'fauxqs';

/**
 * Has the embedded store understand characters that are written as numbers: Litestream 0.3, as everything in Go, writes the
 * quotes around the ETag of a part as `&#34;`, and fauxqs then knows no such part. Without this no snapshot of more than 5 MiB
 * is taken. `checkConformance` found it, and looks for it at every start.
 */
export function readNumberedCharacters(app: ReturnType<typeof buildApp>): void {
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.method === 'POST' && request.url.includes('uploadId=') && Buffer.isBuffer(request.body)) {
      request.body = Buffer.from(request.body.toString().replaceAll(/&#(?:34|x22);/gi, '&quot;'));
    }
    done();
  });
}
