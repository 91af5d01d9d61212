import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Pool } from 'undici';

/** Belong to one connection and not to the request (RFC 9110, 7.6.1); `expect` has been answered by this side. */
const OF_ONE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Passes one request on as it came, Host included, so that its signature holds, and the answer back. Bodies are
 * streamed in both directions. A request whose body broke off never reaches the store whole; one whose body is
 * complete is carried out even when its client is gone by then, and only then is it over: nothing is still under way
 * in the store when this resolves. Without an answer from the store the client gets none either: a broken connection.
 */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  upstream: Pool,
): Promise<void> {
  const answer = await upstream
    .request({
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: withoutConnection(request.rawHeaders),
      body: hasBody(request) ? request : null,
      responseHeaders: 'raw',
    })
    .catch(() => null);
  if (answer === null) {
    response.destroy();
    return;
  }
  if (response.destroyed) {
    await answer.body.dump().catch(() => undefined); // nobody wants it any more
    return;
  }
  // `raw`: names and values in turn, as they came.
  const headers = withoutConnection(answer.headers as unknown as readonly (Buffer | string)[]);
  response.writeHead(answer.statusCode, headers);
  // Whichever side breaks off, the other one is ended too; the log says status 0.
  await pipeline(answer.body, response).catch(() => response.destroy());
}

/** Node tells a request with a body by these two headers alone. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function withoutConnection(raw: readonly (Buffer | string)[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name, value] = [text(raw[index]), text(raw[index + 1])];
    if (!OF_ONE_CONNECTION.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

/** Header bytes are Latin-1 on both sides; user metadata may hold any of them. */
function text(part: Buffer | string | undefined): string {
  return typeof part === 'string' ? part : (part?.toString('latin1') ?? '');
}
