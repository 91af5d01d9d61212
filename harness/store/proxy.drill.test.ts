import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProxy, type StoreProxy } from './proxy.ts';
import { readRequestLog, type RequestLogEntry } from './request-log.ts';

/** The proxy against a store that is told what to do: what it must not change, and when a request is over. */

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let folder: string;
let handler: Handler;
let proxy: StoreProxy;
let port: number;
const upstream = createServer((request, response) => handler(request, response));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-proxy-'));
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  proxy = await startProxy({
    upstream: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    logFile: join(folder, 'requests.ndjson'),
    roles: { WRITER: 'writer', OBSERVER: 'observer' },
    secrets: {},
    hostKey: null,
    faults: [],
    seed: 1,
  });
  port = Number(new URL(proxy.endpoint).port);
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  upstream.closeAllConnections();
  await new Promise((resolve) => {
    upstream.close(resolve);
  });
  rmSync(folder, { recursive: true, force: true });
});

async function log(): Promise<RequestLogEntry[]> {
  const { entries, complete } = await readRequestLog(join(folder, 'requests.ndjson'));
  expect(complete).toBe(false); // it goes on
  return [...entries];
}

function signed(key: string): string {
  return `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0`;
}

/** Bytes as they are, so that nothing on this side of the proxy tidies them up. */
async function raw(lines: readonly string[], body = ''): Promise<Socket> {
  // The proxy is ended before some of its clients.
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(Buffer.from(`${[...lines, '', ''].join('\r\n')}${body}`, 'latin1'));
  return socket;
}

/** Everything on this connection up to a match; the connection stays open. */
function answerOn(socket: Socket, until: RegExp): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const hear = (chunk: string): void => {
      text += chunk;
      if (!until.test(text)) return;
      socket.off('data', hear);
      resolve(text);
    };
    socket.setEncoding('latin1').on('data', hear);
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('latin1')) text += String(chunk);
  return text;
}

describe('a request arrives as it was sent', () => {
  it('with its own Host, the bytes of its path and headers, and nothing added', async () => {
    const seen = Promise.withResolvers<IncomingMessage>();
    handler = (request, response) => {
      seen.resolve(request);
      response.end();
    };
    const path = '/drill/a//b/../c%20d+e%2f?list-type=2&prefix=x%2Fy&empty=';
    const socket = await raw([
      `GET ${path} HTTP/1.1`,
      'Host: 127.0.0.1:1',
      'x-amz-meta-Name: \xe9\xff',
      'Accept-Encoding: identity',
      `Authorization: ${signed('WRITER')}`,
    ]);
    const request = await seen.promise;
    socket.destroy();
    expect(request.url).toBe(path);
    expect(
      request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()),
    ).toEqual(expect.arrayContaining(['host', 'x-amz-meta-name', 'accept-encoding', 'authorization']));
    expect(request.headers).toMatchObject({ host: '127.0.0.1:1', 'x-amz-meta-name': '\xe9\xff' });
    const { connection, ...others } = request.headers;
    expect(connection).toBe('keep-alive');
    expect(Object.keys(others)).toHaveLength(4);
  });

  it('and so does the answer', async () => {
    handler = (_, response) => {
      response.writeHead(404, 'Nowhere', [
        ['ETag', '"x"'],
        ['x-amz-meta-a', '\xe9'],
        ['x-twice', '1'],
        ['x-twice', '2'],
        ['Content-Length', '4'],
      ]);
      response.end(Buffer.from('gone')); // a string would have Node write the headers as UTF-8 too
    };
    const socket = await raw(['GET /x HTTP/1.1', 'Host: h']);
    const text = await answerOn(socket, /gone/);
    socket.destroy();
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
    for (const line of ['ETag: "x"', 'x-amz-meta-a: \xe9', 'x-twice: 1', 'x-twice: 2', 'Content-Length: 4']) {
      expect(text).toContain(`\r\n${line}\r\n`);
    }
  });

  it.each(['HEAD', 'DELETE', 'GET'])('an answer to %s without a body is one', async (method) => {
    handler = (_, response) => {
      if (method === 'HEAD') response.writeHead(200, { 'content-length': '4711' });
      else response.writeHead(method === 'DELETE' ? 204 : 304);
      response.end();
    };
    const socket = await raw([`${method} /x HTTP/1.1`, 'Host: h']);
    const text = await answerOn(socket, /\r\n\r\n/);
    // The next one on the same connection shows that the first has ended where it should.
    socket.write(`${method} /y HTTP/1.1\r\nHost: h\r\n\r\n`);
    const [next] = (await once(socket, 'data')) as [string];
    socket.destroy();
    expect(text.toLowerCase().includes('content-length: 4711')).toBe(method === 'HEAD');
    expect(next).toMatch(/^HTTP\/1\.1 /);
  });

  it('Expect: 100-continue is answered, and the body comes through', async () => {
    const seen = Promise.withResolvers<string>();
    handler = (request, response) => {
      void bodyOf(request).then((body) => {
        seen.resolve(body);
        response.end('ok');
      });
    };
    const socket = await raw(['PUT /x HTTP/1.1', 'Host: h', 'Expect: 100-continue', 'Content-Length: 5']);
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 100 Continue/);
    socket.write('hello');
    expect(await seen.promise).toBe('hello');
    expect(await answerOn(socket, /ok$/)).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});

describe('bodies are streamed', () => {
  it('up: the store hears the beginning before the end is sent', async () => {
    const begun = Promise.withResolvers<string>();
    handler = (request, response) => {
      request.once('data', (chunk: Buffer) => begun.resolve(chunk.toString()));
      request.on('end', () => response.end());
    };
    const socket = await raw(['PUT /x HTTP/1.1', 'Host: h', 'Content-Length: 10'], 'begin');
    expect(await begun.promise).toBe('begin');
    socket.end('and-x');
  });

  it('down: the client hears the beginning before the end is sent', async () => {
    const go = Promise.withResolvers<void>();
    handler = (_, response) => {
      response.writeHead(200, { 'content-length': '8' });
      response.write('half');
      void go.promise.then(() => response.end('rest'));
    };
    const socket = await raw(['GET /x HTTP/1.1', 'Host: h']);
    await answerOn(socket, /half$/);
    go.resolve();
    expect(await answerOn(socket, /rest$/)).toBe('rest');
    socket.destroy();
  });
});

describe('a client that breaks off', () => {
  it('in the middle of its body: the store never gets it whole', async () => {
    const broken = Promise.withResolvers<boolean>();
    handler = (request) => {
      request.on('close', () => broken.resolve(!request.complete));
      request.on('error', () => undefined);
      request.resume();
    };
    const socket = await raw(
      ['PUT /x HTTP/1.1', 'Host: h', `Authorization: ${signed('WRITER')}`, 'Content-Length: 100'],
      'only this',
    );
    await sleep(100);
    socket.destroy();
    expect(await broken.promise).toBe(true);
    await proxy.settle();
    expect(await log()).toMatchObject([{ method: 'PUT', status: 0, role: 'writer', bytes: 100 }]);
  });

  it('after it: the store carries it out, and only then has the proxy settled', async () => {
    let done = false;
    handler = (request, response) => {
      request.resume().on('end', () => {
        setTimeout(() => {
          done = true;
          response.end();
        }, 1500);
      });
    };
    const socket = await raw(
      ['PUT /x HTTP/1.1', 'Host: h', `Authorization: ${signed('WRITER')}`, 'Content-Length: 4'],
      'body',
    );
    await sleep(100);
    socket.destroy();
    await proxy.settle();
    expect(done).toBe(true);
    expect(await log()).toMatchObject([{ method: 'PUT', status: 0, role: 'writer' }]);
  });

  it('one that has sent everything at once and is gone is taken in too', async () => {
    const body = 'x'.repeat(2_000_000);
    let taken = 0;
    handler = (request, response) => {
      request.on('data', (chunk: Buffer) => {
        taken += chunk.length;
      });
      request.on('end', () => response.end());
    };
    const socket = await raw(['PUT /x HTTP/1.1', 'Host: h', `Content-Length: ${body.length}`]);
    await new Promise<void>((resolve) => {
      socket.end(body, () => resolve());
    });
    await proxy.settle();
    expect((await log())[0]?.method).toBe('PUT');
    const before = taken;
    await sleep(300);
    expect(taken).toBe(before); // whatever of it came, nothing comes after the proxy has settled
  });
});

it('settles although a living client keeps its connection, and takes what comes later for later', async () => {
  handler = (_, response) => void response.end();
  const survivor = await raw(['PUT /x HTTP/1.1', 'Host: h', 'Content-Length: 0']);
  await once(survivor, 'data');
  const startMs = performance.now();
  await proxy.settle();
  expect(performance.now() - startMs).toBeLessThan(500);
  const [entry] = await log();
  survivor.write('PUT /late HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n');
  await once(survivor, 'data');
  survivor.destroy();
  await proxy.settle();
  const late = (await log()).at(-1);
  expect(late).toMatchObject({ url: '/late' });
  expect(late?.atUs).toBeGreaterThan(entry?.endUs ?? Number.POSITIVE_INFINITY);
});

it('settles at once while only the harness itself is connected', async () => {
  handler = (_, response) => void response.end('x');
  const socket = await raw(['GET /x HTTP/1.1', 'Host: h', `Authorization: ${signed('OBSERVER')}`]);
  await once(socket, 'data');
  const startMs = performance.now();
  await proxy.settle();
  expect(performance.now() - startMs).toBeLessThan(500);
  socket.destroy();
});

it('a store that breaks off or is not there gives no answer at all, and no invented one', async () => {
  handler = (request) => void request.socket.destroy();
  const code = await new Promise<string>((resolve) => {
    httpRequest({ port, path: '/x' }, () => resolve('answered'))
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
      .end();
  });
  expect(code).toBe('ECONNRESET');
  await proxy.settle();
  expect(await log()).toMatchObject([{ url: '/x', status: 0 }]);
});

it('says what became of it when it is killed', async () => {
  expect(proxy.failure()).toBeNull();
  await proxy[Symbol.asyncDispose]();
  expect(proxy.failure()).toBeNull(); // an end that was wanted is none
  await expect(proxy.settle()).rejects.toMatchObject({ code: 'DRILL_E_STORE_UNREACHABLE', exit: 3 });
});
