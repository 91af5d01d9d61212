import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicUs } from '../clock.ts';
import { peersOf } from './peers.ts';
import type { StoreRole } from './request-log.ts';

/** Where it cannot be told whether a client lives, what it had sent is given this long to be read. */
const HANG_UP_MS = 250;
/** Long enough for the event loop to have taken in every connection that was waiting. */
const TAKE_IN_MS = 50;
const LOOK_MS = 5;

/** Connections and requests of everybody but the harness itself, in front of a store. */
export class Traffic {
  readonly #connections = new Map<Socket, StoreRole | 'silent'>();
  readonly #underWay = new Set<symbol>();
  readonly #port: number;

  constructor(server: Server, port: number, roleOf: (request: IncomingMessage) => StoreRole) {
    this.#port = port;
    server.on('connection', (socket: Socket) => {
      this.#connections.set(socket, 'silent');
      socket.once('close', () => this.#connections.delete(socket));
    });
    server.prependListener('request', (request: IncomingMessage) => {
      this.#connections.set(request.socket, roleOf(request));
    });
  }

  /** Counts a request as under way until the store is done with it. */
  async carry(role: StoreRole, work: () => Promise<void>): Promise<void> {
    if (role === 'observer') return work();
    const ticket = Symbol('request');
    this.#underWay.add(ticket);
    try {
      await work();
    } finally {
      this.#underWay.delete(ticket);
    }
  }

  /**
   * Waits until all that had been sent before this call has been taken in: what dead clients had sent has been read to
   * its end, and the store is done with every request that came before. A client that lives is not waited for, so that
   * what it sends from now on is later. False when it is not in time.
   */
  async settled(limitMs: number): Promise<boolean> {
    const startUs = monotonicUs();
    const elapsedMs = (): number => (monotonicUs() - startUs) / 1000;
    await sleep(TAKE_IN_MS);
    while (this.#hasUnread(elapsedMs())) {
      if (elapsedMs() > limitMs) return false;
      await sleep(LOOK_MS);
    }
    const before = [...this.#underWay];
    while (before.some((ticket) => this.#underWay.has(ticket))) {
      if (elapsedMs() > limitMs) return false;
      await sleep(LOOK_MS);
    }
    return true;
  }

  #hasUnread(elapsedMs: number): boolean {
    const strangers = [...this.#connections]
      .filter(([, role]) => role !== 'observer')
      .map(([{ remotePort }]) => remotePort ?? 0);
    const peers = peersOf(this.#port);
    if (peers === null) return strangers.length > 0 && elapsedMs < HANG_UP_MS;
    return peers.unread || strangers.some((port) => !peers.living.has(port));
  }
}
