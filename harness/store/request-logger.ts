import { openSync, writeSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { monotonicUs } from '../clock.ts';
import type { RequestLogEntry, StoreRole } from './request-log.ts';

/** By access key. */
export type Roles = Readonly<Record<string, StoreRole>>;

/**
 * Writes a line for every request of this S3 service (or of the proxy in front of one) as soon as it is over, with one
 * synchronous call: what has been written outlives a kill of the process.
 */
export function logRequests(server: Server, { logFile, roles }: { logFile: string; roles: Roles }): void {
  const log = openSync(logFile, 'a');
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const atUs = monotonicUs();
    response.once('close', () => {
      const entry: RequestLogEntry = {
        atUs,
        endUs: monotonicUs(),
        method: request.method ?? '',
        url: request.url ?? '',
        status: response.writableFinished ? response.statusCode : 0,
        bytes: Number(request.headers['content-length'] ?? 0),
        role: roleOf(request, roles),
      };
      writeSync(log, `${JSON.stringify(entry)}\n`);
    });
  });
}

/** Who asks: the access key stands in the clear in the signature of a request. */
export function roleOf(request: IncomingMessage, roles: Roles): StoreRole {
  return roles[accessKeyOf(request)] ?? 'unknown';
}

export function accessKeyOf(request: IncomingMessage): string {
  return /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
}
