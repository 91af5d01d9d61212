import { readFile } from 'node:fs/promises';

/** Who asked, by access key. `recovery` may read only. */
export type StoreRole = 'writer' | 'recovery' | 'observer' | 'unknown';

export interface EmbeddedOptions {
  readonly logFile: string;
  readonly roles: Readonly<Record<string, StoreRole>>;
}

/** One request as the store saw it. `status` 0: the client was gone before the answer was out. */
export interface RequestLogEntry {
  readonly atUs: number;
  readonly endUs: number;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly bytes: number;
  readonly role: StoreRole;
}

export interface RequestLog {
  readonly entries: readonly RequestLogEntry[];
  /** False when a line could not be read: late uploads can then not be judged. */
  readonly complete: boolean;
}

/** Reads the store's request log. */
export async function readRequestLog(file: string): Promise<RequestLog> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return { entries: [], complete: false };
  const entries: RequestLogEntry[] = [];
  let complete = text === '' || text.endsWith('\n');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      entries.push(JSON.parse(line) as RequestLogEntry);
    } catch {
      complete = false;
    }
  }
  return { entries, complete };
}

/** Uploads and deletions that arrived in (fromUs, toUs), whoever sent them; refused ones too: somebody was alive to try. */
export function changesBetween(log: RequestLog, fromUs: number, toUs: number): RequestLogEntry[] {
  return log.entries.filter(
    (entry) => entry.role !== 'observer' && !['GET', 'HEAD'].includes(entry.method) && entry.atUs > fromUs && entry.atUs < toUs,
  );
}
