import { readFile } from 'node:fs/promises';

/**
 * Who asked, by access key. `recovery` may read only. The host that died and the new one have keys of their own, so
 * that whoever of the dead host is still alive is told apart at any time.
 */
export type StoreRole = 'writer' | 'new-writer' | 'recovery' | 'observer' | 'unknown';

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

/**
 * Uploads and deletions after `afterUs` by anybody but the harness itself and the new host. Refused ones count too:
 * somebody was alive to try.
 */
export function lateChanges(log: RequestLog, afterUs: number): RequestLogEntry[] {
  return log.entries.filter(
    ({ role, method, atUs }) =>
      role !== 'observer' && role !== 'new-writer' && !['GET', 'HEAD'].includes(method) && atUs > afterUs,
  );
}
