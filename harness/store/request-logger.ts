import { openSync, writeSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { monotonicUs } from '../clock.ts';
import type { ClosingLine, RequestLogEntry, StoreRole } from './request-log.ts';

/** By access key. */
export type Roles = Readonly<Record<string, StoreRole>>;

/** What a log line says of a request beside the request itself. */
interface Remarks {
  readonly role: StoreRole;
  /** The declared fault that it met. */
  readonly fault?: string;
  readonly passedOn?: boolean;
}

/**
 * Writes a line for every request of this S3 service (or of the proxy in front of one) as soon as it is over, with one
 * synchronous call: what has been written outlives a kill of the process. `closeLogs` ends the log.
 */
export function logRequests(
  server: Server,
  logFile: string,
  remarksOn: (request: IncomingMessage) => Remarks,
): void {
  const log = logOf(logFile);
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const atUs = monotonicUs();
    const { socket } = request;
    // One answer at a time goes out on a connection.
    const sentBefore = socket.bytesWritten;
    const end = log.begin((): RequestLogEntry => {
      return {
        atUs,
        endUs: monotonicUs(),
        method: request.method ?? '',
        url: request.url ?? '',
        status: response.writableFinished ? response.statusCode : 0,
        bytes: Number(request.headers['content-length'] ?? 0),
        answerBytes: socket.bytesWritten - sentBefore,
        ...remarksOn(request),
      };
    });
    response.once('close', end);
  });
}

/** Ends every log of this process: what is on its way is put in, then the closing line. The process must end with it. */
export function closeLogs(): void {
  for (const log of logs.values()) log.close();
}

const logs = new Map<string, LogFile>();

function logOf(file: string): LogFile {
  const log = logs.get(file) ?? new LogFile(file);
  logs.set(file, log);
  return log;
}

/** A log knows how many lines it has, so that one that was cut off cannot pass for a whole one. */
class LogFile {
  readonly #file: number;
  readonly #onTheirWay = new Set<() => void>();
  #lines = 0;

  constructor(file: string) {
    this.#file = openSync(file, 'a');
  }

  /** Returns what writes the line, once. */
  begin(entry: () => RequestLogEntry): () => void {
    const end = (): void => {
      if (!this.#onTheirWay.delete(end)) return;
      this.#lines++;
      this.#write(entry());
    };
    this.#onTheirWay.add(end);
    return end;
  }

  close(): void {
    for (const end of this.#onTheirWay) end();
    this.#write({ closed: this.#lines });
  }

  #write(line: RequestLogEntry | ClosingLine): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}

/** Who asks: the access key stands in the clear in the signature of a request. */
export function roleOf(request: IncomingMessage, roles: Roles): StoreRole {
  return roles[accessKeyOf(request)] ?? 'unknown';
}

export function accessKeyOf(request: IncomingMessage): string {
  return /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
}
