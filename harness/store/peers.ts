import { readFileSync } from 'node:fs';

/** States of a connection whose other end has not hung up: established, or ended by this side alone. */
const OPEN: ReadonlySet<string> = new Set(['01', '04', '05']);
/** The other end has hung up; this side has not come to the end of what it had sent. */
const CLOSE_WAIT = '08';

/** Who is at the other end of a port's connections, by the kernel's own table. */
export interface Peers {
  /** Ports of clients that have not hung up. */
  readonly living: ReadonlySet<number>;
  /** Some client has hung up, and what it had sent has not been read to its end, or not even been accepted. */
  readonly unread: boolean;
}

/** Connections to this port of the loopback address; null where the kernel has no such table. */
export function peersOf(port: number): Peers | null {
  let table: string;
  try {
    table = readFileSync('/proc/self/net/tcp', 'utf8');
  } catch {
    return null; // not Linux
  }
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '']) => portOf(local) === port)
    .map(([, , remote = '', state = '']) => ({ port: portOf(remote), state }));
  const living = rows.filter(({ state }) => OPEN.has(state)).map(({ port }) => port);
  return { living: new Set(living), unread: rows.some(({ state }) => state === CLOSE_WAIT) };
}

/** `0100007F:1F90`: address and port in hexadecimal. */
function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}
