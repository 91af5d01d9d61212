import type { buildApp } from 'fauxqs';

/**
 * Gives the embedded store the conditional writes of S3 (If-None-Match: *, If-Match), which fauxqs does not know: it writes
 * whatever the headers say. Fastify calls this hook and the handler after it without a pause, and the handler writes in the
 * same breath, so look and write are one step.
 */
export function addConditionalPut(app: ReturnType<typeof buildApp>): void {
  const etags = new Map<string, string>();
  app.addHook('preHandler', (request, reply, done) => {
    const { 'if-match': match, 'if-none-match': noneMatch } = request.headers;
    if (request.method !== 'PUT' || (match === undefined && noneMatch === undefined)) {
      done();
      return;
    }
    const present = etags.get(pathOf(request.url));
    if (match !== undefined && present === undefined) refuse(reply, 404, 'NoSuchKey');
    else if (noneMatch === undefined ? match === present : present === undefined) done();
    else refuse(reply, 412, 'PreconditionFailed');
  });
  app.addHook('onSend', (request, reply, _payload, done) => {
    const path = pathOf(request.url);
    const etag = reply.getHeader('etag');
    if (reply.statusCode < 300 && request.method === 'PUT' && typeof etag === 'string') etags.set(path, etag);
    if (reply.statusCode < 300 && request.method === 'DELETE') etags.delete(path);
    if (request.method === 'POST' && request.url.includes('uploadId='))
      etags.set(path, 'of a multipart upload');
    if (request.method === 'POST' && /[?&]delete\b/.test(request.url)) forget(etags, path, request.body);
    done();
  });
}

function pathOf(url: string): string {
  return decodeURIComponent(url.split('?')[0] ?? '').replace(/\/$/, '');
}

interface Reply {
  code(status: number): Reply;
  type(name: string): Reply;
  send(body: string): unknown;
}

function refuse(reply: Reply, status: number, code: string): void {
  const body = `<Error><Code>${code}</Code><Message>the condition does not hold</Message></Error>`;
  void reply.code(status).type('application/xml').send(body);
}

/** The keys of a request to delete many. */
function forget(etags: Map<string, string>, bucketPath: string, body: unknown): void {
  const text = Buffer.isBuffer(body) ? body.toString() : typeof body === 'string' ? body : '';
  for (const [, key = ''] of text.matchAll(/<Key>([^<]*)<\/Key>/g)) {
    etags.delete(`${bucketPath}/${unescapeXml(key)}`);
  }
}

function unescapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? '');
}
