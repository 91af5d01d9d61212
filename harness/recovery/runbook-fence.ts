import { lookup } from 'node:dns/promises';
import {
  createServer,
  type IncomingMessage,
  request as forwardRequest,
  type ServerResponse,
} from 'node:http';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A host that somebody inside the fence asked, and what came of it. Without its port, which is another in every run. */
export interface AskedHost {
  readonly host: string;
  readonly answer: 'passed on' | 'refused' | 'no such host';
}

/**
 * Around commands that may ask the whole world: an HTTP proxy which passes on what is for the store and refuses and notes
 * everything else, so that a command's effective endpoint is known and no request leaves the machine. Go's HTTP client
 * takes no proxy to loopback addresses, so a store on loopback is reached through a door of its own, which notes as well.
 */
export interface Fence extends AsyncDisposable {
  readonly proxy: string;
  /** The store's endpoint as commands inside the fence are to name it; null: AWS itself. */
  readonly endpoint: string | null;
  /** Everybody who was asked since the last call, once each. */
  take(): AskedHost[];
}

const LOOPBACK_NAME = 'localhost';
const IDLE_MS = 60_000;

/** Opens the fence around a store. A loopback address gets its name, for a documented endpoint is a host name. */
export async function openFence(storeEndpoint: string | null): Promise<Fence> {
  const asked = new Map<string, AskedHost>();
  const note = (host: string, answer: AskedHost['answer']): void => {
    asked.set(`${host} ${answer}`, { host, answer });
  };
  const store = storeEndpoint === null ? null : new URL(storeEndpoint);
  const isLoopbackStore = store !== null && isLoopback(store.hostname);
  const storeHost = store === null ? 'amazonaws.com' : isLoopbackStore ? LOOPBACK_NAME : store.hostname;
  const proxy = await open(proxyServer(storeHost, note));
  const door = isLoopbackStore ? await open(doorTo(store, note)) : null;
  return {
    proxy: `http://127.0.0.1:${proxy.port}`,
    endpoint: isLoopbackStore ? `${store.protocol}//${LOOPBACK_NAME}:${door?.port}` : storeEndpoint,
    take: () => {
      const all = [...asked.values()];
      asked.clear();
      return all;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([proxy.close(), door?.close()]);
    },
  };
}

/** The same endpoint by its address. */
export function byAddress(endpoint: string): string {
  return endpoint.replace(`//${LOOPBACK_NAME}:`, '//127.0.0.1:');
}

function isLoopback(hostname: string): boolean {
  return hostname === LOOPBACK_NAME || hostname === '[::1]' || hostname.startsWith('127.');
}

type Note = (host: string, answer: AskedHost['answer']) => void;

function proxyServer(storeHost: string, note: Note): Server {
  const server = createServer((request, response) => {
    void passOn(request, response, storeHost, note);
  });
  server.on('connect', (request: IncomingMessage, client: Duplex) => {
    void tunnel(request, client, storeHost, note);
  });
  return server;
}

/** Where a host of the store is; null: it is not the store's, or there is no such host, and that has been noted. */
async function addressOf(host: string, storeHost: string, note: Note): Promise<string | null> {
  if (host !== storeHost && !host.endsWith(`.${storeHost}`)) {
    note(host, 'refused');
    return null;
  }
  const found = await lookup(host).catch(() => null);
  // A name below localhost that leads elsewhere is not the store's either.
  const isWrong = found !== null && storeHost === LOOPBACK_NAME && !/^(?:127\.|::1$)/.test(found.address);
  note(host, found === null ? 'no such host' : isWrong ? 'refused' : 'passed on');
  return isWrong ? null : (found?.address ?? null);
}

async function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  storeHost: string,
  note: Note,
): Promise<void> {
  const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : null;
  const address = url === null ? null : await addressOf(url.hostname, storeHost, note);
  if (url === null || address === null) {
    response.writeHead(403).end();
    return;
  }
  const { method, headers } = request;
  const path = `${url.pathname}${url.search}`;
  const upstream = forwardRequest(
    { host: address, port: url.port || 80, method, path, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  upstream.on('error', () => response.destroy());
  request.pipe(upstream);
}

async function tunnel(
  request: IncomingMessage,
  client: Duplex,
  storeHost: string,
  note: Note,
): Promise<void> {
  client.on('error', () => undefined); // it may be gone before it hears the answer
  const [host = '', port = '443'] = (request.url ?? '').split(':');
  const address = await addressOf(host, storeHost, note);
  if (address === null) {
    client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    return;
  }
  const upstream = connect({ host: address, port: Number(port) }, () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    join(client, upstream);
  });
  upstream.on('error', () => client.destroy());
}

/** Bytes to a store on loopback as they are: the Host header stays, so signatures hold. */
function doorTo(store: URL, note: Note): Server {
  const port = Number(store.port || (store.protocol === 'https:' ? 443 : 80));
  const host = store.hostname.replaceAll(/[[\]]/g, '');
  return createTcpServer((client) => {
    client.once('data', (chunk) => {
      client.pause(); // until there is somebody to pass it on to
      const said = /\r\nhost: ([^\r:]+)/i.exec(chunk.toString('latin1'))?.[1];
      note(said ?? LOOPBACK_NAME, 'passed on');
      const upstream = connect({ host, port }, () => join(client, upstream));
      upstream.on('error', () => client.destroy());
      upstream.write(chunk);
    });
    client.on('error', () => undefined);
  });
}

function join(client: Duplex, upstream: Socket): void {
  upstream.setTimeout(IDLE_MS, () => upstream.destroy());
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
  client.pipe(upstream).pipe(client);
}

/** A listening server's port and the way to close it, with all that is connected. */
interface Opened {
  readonly port: number;
  readonly close: () => Promise<void>;
}

async function open(server: Server): Promise<Opened> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listen(server);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { port, close };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}
