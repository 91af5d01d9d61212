import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher, Pool } from 'undici';
import type { Pace } from './pace.ts';

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

/** What a fault does to a request that the store does get to see. */
export interface Shape {
  /** The line that its bodies go through. */
  readonly pace?: Pace | null;
  /** The answer is held back until this is over. */
  readonly hold?: () => Promise<void>;
  /** The answer ends in its middle: with the connection reset, or closed as if it had been all. */
  readonly breakOff?: 'reset' | 'close';
  /** Headers of the request, by their lower-case names, that the store gets in the place of those that came. */
  readonly asked?: Readonly<Record<string, string>>;
  /** The same of the answer. */
  readonly answered?: Readonly<Record<string, string>>;
}

/**
 * Passes one request on as it came, Host included, so that its signature holds, and the answer back. Bodies are
 * streamed in both directions. A request whose body broke off never reaches the store whole; one whose body is
 * complete is carried out even when its client is gone by then, and only then is it over: nothing is still under way
 * in the store when this resolves. Without an answer from the store the client gets none either: a broken connection.
 *
 * undici carries it, and no reverse proxy (http-proxy-3, httpxy): those end a request with its client, and then nobody knows
 * whether the store still takes it in.
 */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  upstream: Pool,
  shape: Shape = {},
): Promise<void> {
  const { pace = null, asked = {}, answered = {} } = shape;
  const answer = await upstream
    .request({
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: replaced(withoutConnection(request.rawHeaders), asked),
      body: bodyOf(request, pace),
      responseHeaders: 'raw',
    })
    .catch(() => null);
  if (answer === null) {
    response.destroy();
    return;
  }
  await shape.hold?.();
  if (response.destroyed) {
    await answer.body.dump().catch(() => undefined); // nobody wants it any more
    return;
  }
  // `raw`: names and values in turn, as they came.
  const came = withoutConnection(answer.headers as unknown as readonly (Buffer | string)[]);
  const headers = replaced(came, answered);
  if (shape.breakOff !== undefined) {
    await breakOff(answer, headers, response, shape.breakOff);
    return;
  }
  response.writeHead(answer.statusCode, headers);
  // Whichever side breaks off, the other one is ended too; the log says status 0.
  const body = answer.body as Readable & AsyncIterable<Buffer>;
  const source = pace === null ? body : Readable.from(pace.through(body));
  await pipeline(source, response).catch(() => response.destroy());
}

/** What the client sends, as fast as the line takes it; null: nothing. */
function bodyOf(request: IncomingMessage, pace: Pace | null): Readable | null {
  if (!hasBody(request)) return null;
  return pace === null ? request : Readable.from(pace.through(request as AsyncIterable<Buffer>));
}

/** Hands out half of an answer. One without a body is not handed out at all. */
async function breakOff(
  { statusCode, body }: Dispatcher.ResponseData,
  headers: string[],
  response: ServerResponse,
  how: 'reset' | 'close',
): Promise<void> {
  const { socket } = response;
  const at = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'content-length');
  const sizeBytes = at < 0 ? null : Number(headers[at + 1]);
  let leftBytes = Math.floor((sizeBytes ?? 2) / 2);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (!response.headersSent) response.writeHead(statusCode, headers);
      const piece = chunk.subarray(0, leftBytes);
      await new Promise((resolve) => {
        response.write(piece, resolve);
      });
      leftBytes -= piece.length;
      if (leftBytes <= 0) break;
    }
  } catch {
    // One of the two ends has broken off by itself.
  }
  if (how === 'reset') socket?.resetAndDestroy();
  else socket?.destroySoon();
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

/** Names and values in turn, with other values for some names. */
function replaced(headers: readonly string[], others: Readonly<Record<string, string>>): string[] {
  return headers.map((value, index) =>
    index % 2 === 0 ? value : (others[headers[index - 1]?.toLowerCase() ?? ''] ?? value),
  );
}

/** Header bytes are Latin-1 on both sides; user metadata may hold any of them. */
function text(part: Buffer | string | undefined): string {
  return typeof part === 'string' ? part : (part?.toString('latin1') ?? '');
}
