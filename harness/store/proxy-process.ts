/**
 * Stands in front of a store that we did not write: passes every request on and writes the request log.
 * Takes its options as one line of JSON on standard input (they hold keys), then `settle` as often as wanted; says
 * `{"port":…}` when it answers and `{"settled":…}` to each `settle`, and ends when its standard input ends.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Pool } from 'undici';
import { forward } from './forward.ts';
import type { ProxyOptions } from './request-log.ts';
import { closeLogs, logRequests, roleOf } from './request-logger.ts';
import { Traffic } from './traffic.ts';

const SETTLE_LIMIT_MS = 20_000;

let traffic: Traffic | null = null;
createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (traffic === null) traffic = serve(JSON.parse(line) as ProxyOptions);
    else void traffic.settled(SETTLE_LIMIT_MS).then((settled) => say({ settled }));
  })
  // Without a harness there is nobody to log for.
  .on('close', () => {
    closeLogs();
    process.exit(0);
  });
// Ctrl-C reaches the whole terminal group; the harness decides when the store ends.
process.on('SIGINT', () => undefined);

function serve(options: ProxyOptions): Traffic {
  // No request is ever repeated here: whether to try again is the client's to decide.
  const upstream = new Pool(options.upstream, { pipelining: 1, allowH2: false, keepAliveTimeout: 4000 });
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 });
  const traffic = new Traffic(server, (request) => roleOf(request, options.roles));
  logRequests(server, options);
  server.on('request', (request, response) => {
    const role = roleOf(request, options.roles);
    void traffic.carry(role, () => forward(request, response, upstream));
  });
  server.listen(0, '127.0.0.1', () => say({ port: (server.address() as AddressInfo).port }));
  return traffic;
}

function say(message: { port: number } | { settled: boolean }): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
