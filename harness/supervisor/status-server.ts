import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reasonOf, SupervisorError } from './failure.ts';
import { prometheusText, type Status } from './status.ts';

/** Serves the status on the loopback: `/` and `/status` as JSON, `/metrics` for Prometheus. Answers the address it got. */
export async function serveStatus(
  listen: string,
  current: () => Status,
): Promise<{ readonly address: string; close(): Promise<void> }> {
  const at = listen.lastIndexOf(':');
  const host = listen.slice(0, at).replace(/^\[|\]$/g, '');
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET') answer(response, 405, 'text/plain', 'only GET\n');
    else if (path === '/metrics')
      answer(response, 200, 'text/plain; version=0.0.4', prometheusText(current()));
    else if (path === '/' || path === '/status')
      answer(response, 200, 'application/json', JSON.stringify(current()));
    else answer(response, 404, 'text/plain', '/status or /metrics\n');
  });
  server.requestTimeout = 5000;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(Number(listen.slice(at + 1)), host, resolve);
    });
  } catch (error) {
    throw new SupervisorError('DRILL_E_CONFIG_INVALID', {
      what: `the status endpoint cannot listen on ${listen}`,
      why: reasonOf(error),
      fix: 'choose another [litestream] status_listen; port 0 takes a free one',
      exit: 2,
      cause: error,
    });
  }
  const { address, port, family } = server.address() as AddressInfo;
  return {
    address: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
