import { createHash } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as askUpstream,
  type Server,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** Test support: a store that is S3 but for one thing, in front of one that is honest. */
export interface LyingStore extends AsyncDisposable {
  readonly endpoint: string;
  /** How often it has lied, and about which paths. */
  readonly lied: readonly string[];
}

interface Request {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What it does instead of passing the request on, or with the answer; null: the truth. */
export interface Lying {
  readonly instead?: (request: Request) => Answer | null;
  readonly afterwards?: (request: Request, answer: Answer) => Answer | null;
}

export async function startLyingStore(
  upstream: string,
  lying: Lying,
  tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<LyingStore> {
  const lied: string[] = [];
  const serve = async (incoming: IncomingMessage): Promise<Answer> => {
    const request = await received(incoming);
    const instead = lying.instead?.(request) ?? null;
    const answer = instead ?? (await pass(upstream, incoming, request.body));
    const afterwards = instead === null ? (lying.afterwards?.(request, answer) ?? null) : null;
    if (instead !== null || afterwards !== null) lied.push(request.path);
    return afterwards ?? answer;
  };
  const server: Server = tls === null ? createServer() : createTlsServer(tls);
  server.on('request', (incoming: IncomingMessage, response) => {
    serve(incoming).then(
      ({ status, headers, body }) => {
        response.writeHead(status, headers);
        response.end(incoming.method === 'HEAD' ? undefined : body);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `${tls === null ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lied,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The lies, each the one that its name says. */
export const LIES = {
  'lists without CommonPrefixes': {
    afterwards: ({ query }, answer) =>
      query.has('delimiter')
        ? withText(answer, (xml) =>
            xml.replaceAll(/<CommonPrefixes><Prefix>[^<]*<\/Prefix><\/CommonPrefixes>/g, ''),
          )
        : null,
  },
  'lists that end after one page': {
    afterwards: (_, answer) =>
      answer.body.includes('<IsTruncated>true')
        ? withText(answer, (xml) => xml.replace('<IsTruncated>true', '<IsTruncated>false'))
        : null,
  },
  'ranges ignored': remembering((objects, { method, path, headers }) => {
    const whole = objects.get(path)?.at(-1);
    return method === 'GET' && headers.range !== undefined && whole !== undefined ? object(whole) : null;
  }),
  'stale reads': remembering((objects, { method, path, query }) => {
    const [first] = objects.get(path) ?? [];
    return method === 'GET' && !query.has('prefix') && first !== undefined ? object(first) : null;
  }),
  'metadata lost': {
    afterwards: ({ method }, { status, headers, body }) => {
      const kept = Object.entries(headers).filter(([name]) => !name.startsWith('x-amz-meta-'));
      return method === 'HEAD' && kept.length < Object.keys(headers).length
        ? { status, headers: Object.fromEntries(kept), body }
        : null;
    },
  },
  'any credential': {
    afterwards: ({ method, query }, { status }) =>
      method === 'GET' && query.has('prefix') && status === 403
        ? xml('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>')
        : null,
  },
  'deletes acknowledged and not done': {
    instead: ({ method, query }) =>
      method === 'POST' && query.has('delete') ? xml('<DeleteResult/>') : null,
  },
  'numbers for characters not understood': {
    instead: ({ method, query, body }) =>
      method === 'POST' && query.has('uploadId') && body.includes('&#34;')
        ? { ...xml('<Error><Code>InvalidPart</Code><Message>no such part</Message></Error>'), status: 400 }
        : null,
  },
  'a clock six minutes late': {
    afterwards: (_, { status, headers, body }) => ({
      status,
      headers: { ...headers, date: new Date(Date.now() - 360_000).toUTCString() },
      body,
    }),
  },
  'a web page': {
    instead: () => ({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: Buffer.from('<!doctype html><p>Welcome'),
    }),
  },
} as const satisfies Record<string, Lying>;

/** Acknowledges an upload and forgets it, where `isDropped` says so. */
export function dropping(isDropped: (path: string) => boolean): Lying {
  return {
    instead: ({ method, path, body }) => {
      if (method !== 'PUT' || !isDropped(path)) return null;
      const etag = `"${createHash('md5').update(body).digest('hex')}"`;
      return { status: 200, headers: { etag, 'content-length': '0' }, body: Buffer.alloc(0) };
    },
  };
}

function remembering(
  answer: (objects: ReadonlyMap<string, readonly Buffer[]>, request: Request) => Answer | null,
): Lying {
  const objects = new Map<string, Buffer[]>();
  return {
    instead: (request) => {
      if (request.method === 'PUT' && !request.query.has('uploadId'))
        objects.set(request.path, [...(objects.get(request.path) ?? []), request.body]);
      return answer(objects, request);
    },
  };
}

async function received(incoming: IncomingMessage): Promise<Request> {
  const url = new URL(incoming.url ?? '/', 'http://store');
  const body = await bytesOf(incoming);
  return {
    method: incoming.method ?? '',
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    headers: incoming.headers,
    body,
  };
}

async function pass(upstream: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  const { hostname, port } = new URL(upstream);
  const { method, url: path, headers } = incoming;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    askUpstream({ hostname, port, method, path, headers, agent: false }, resolve)
      .once('error', reject)
      .end(body);
  });
  const { connection: _, 'transfer-encoding': __, ...kept } = answer.headers;
  return { status: answer.statusCode ?? 502, headers: kept, body: await bytesOf(answer) };
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function withText({ status, headers, body }: Answer, change: (text: string) => string): Answer {
  const changed = Buffer.from(change(body.toString()));
  return { status, headers: { ...headers, 'content-length': String(changed.length) }, body: changed };
}

function object(body: Buffer): Answer {
  return { status: 200, headers: { 'content-length': String(body.length) }, body };
}

function xml(text: string): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: Buffer.from(text) };
}
