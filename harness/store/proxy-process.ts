/**
 * Stands in front of a store: passes every request on, or does to it what a declared fault says, and writes the request
 * log. Takes its options as one line of JSON on standard input (they hold keys), then orders (`ProxyOrder`), a line each,
 * answered by a line each; says `{"port":…}` first of all, when it answers, and ends when its standard input ends.
 */
import { createInterface } from 'node:readline';
import { FaultyStore } from './faulty-store.ts';
import type { ProxyOptions, ProxyOrder } from './request-log.ts';
import { closeLogs } from './request-logger.ts';
import { SETTLE_LIMIT_MS } from './settle-limits.ts';

let store: Promise<FaultyStore> | null = null;
createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (store === null) {
      store = FaultyStore.open(JSON.parse(line) as ProxyOptions);
      void store.then(({ port }) => say({ port }));
    } else {
      void store.then((opened) => obey(opened, JSON.parse(line) as ProxyOrder)).then(say);
    }
  })
  // Without a harness there is nobody to log for.
  .on('close', () => {
    closeLogs();
    process.exit(0);
  });
// Ctrl-C reaches the whole terminal group; the harness decides when the store ends.
process.on('SIGINT', () => undefined);

async function obey(opened: FaultyStore, order: ProxyOrder): Promise<object> {
  switch (order.do) {
    case 'doors':
      return opened.doors();
    case 'settle':
      return { settled: await opened.settled(SETTLE_LIMIT_MS) };
    case 'begin':
      opened.begin(order.role, order.atUs);
      return {};
    case 'end':
      return { hits: await opened.end(order.role) };
    default:
      throw new TypeError(`no such order: ${String(order satisfies never)}`);
  }
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
