import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import type { StoreRole } from './request-log.ts';
import { Traffic } from './traffic.ts';

/** Below what the kernel hands out by itself: a door that is shut for a while must find its port free again. */
const PORTS = { from: 20_000, below: 30_000 };
const MOST_TRIES = 50;

export type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A port in front of the store, for those of one role; it can be shut, and then nobody listens there. */
export class Door {
  readonly port: number;
  readonly traffic: Traffic;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #underWay = new Set<IncomingMessage>();

  private constructor(server: Server, port: number, roleOf: (request: IncomingMessage) => StoreRole) {
    this.#server = server;
    this.port = port;
    this.traffic = new Traffic(server, port, roleOf);
    server.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#underWay.add(request);
      response.once('close', () => this.#underWay.delete(request));
    });
  }

  static async open(
    roleOf: (request: IncomingMessage) => StoreRole,
    serve: Serve,
    prepare: (server: Server) => void,
  ): Promise<Door> {
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 });
    const port = await listenSomewhere(server);
    const door = new Door(server, port, roleOf);
    prepare(server);
    server.on('request', (request, response) => {
      void door.traffic.carry(roleOf(request), () => serve(request, response));
    });
    return door;
  }

  /** Shuts it: who is connected is cut off, who comes is refused. Answers how many were cut off; `met` hears of their requests. */
  shut(met: (request: IncomingMessage) => void): number {
    const cut = this.#connections.size;
    this.#underWay.forEach(met);
    this.#server.close();
    this.#connections.forEach((socket) => socket.resetAndDestroy());
    return cut;
  }

  /** Opens it again, where it was. */
  async reopen(): Promise<void> {
    if (this.#server.listening) return;
    await listenOn(this.#server, this.port);
  }
}

async function listenSomewhere(server: Server): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = randomInt(PORTS.from, PORTS.below);
    try {
      await listenOn(server, port);
      return port;
    } catch (error) {
      if (attempt >= MOST_TRIES) throw error;
    }
  }
}

async function listenOn(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening'); // rejects with the server's error
}
