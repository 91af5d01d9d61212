import { readFile } from 'node:fs/promises';
import type { FaultyRole, StoreFault } from '../scenario/store-fault.ts';

/**
 * Who asked, by access key. `recovery` may read only. The host that died and the new one have keys of their own, so
 * that whoever of the dead host is still alive is told apart at any time; so has the drill when it plants a declared fault.
 */
export type StoreRole = 'writer' | 'new-writer' | 'recovery' | 'observer' | 'saboteur' | 'unknown';

export interface EmbeddedOptions {
  readonly buckets: readonly string[];
  /** null: whoever stands in front of it keeps the log. */
  readonly logFile: string | null;
  /** By access key. Handed over on standard input: a command line can be read by everybody. */
  readonly roles: Readonly<Record<string, StoreRole>>;
  /** By access key. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** What the proxy in front of a store is told: where the store is, and who asks with which access key. */
export interface ProxyOptions {
  readonly upstream: string;
  readonly logFile: string;
  /** null: the keys do not tell who asks; the door that they come by does. */
  readonly roles: Readonly<Record<string, StoreRole>> | null;
  /** With any, host, new host and recovery have a door each. */
  /** By access key: a request that is dated by a clock that is off is signed anew for the store behind. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The access key that a host begins with, and that may be revoked; null: there is no other to have in its place. */
  readonly hostKey: string | null;
  readonly faults: readonly StoreFault[];
  readonly seed: number;
}

/** Who has a door of their own; everybody else comes by the main one, which is never shut. */
export const DOORED_ROLES = ['writer', 'new-writer', 'recovery'] as const;
export type DooredRole = (typeof DOORED_ROLES)[number];

/** What the proxy is told, a line of JSON each, after its options. Each is answered by a line. */
export type ProxyOrder =
  | { readonly do: 'doors' }
  | { readonly do: 'settle' }
  | { readonly do: 'begin'; readonly role: FaultyRole; readonly atUs: number }
  | { readonly do: 'end'; readonly role: FaultyRole };

export interface ProxyAnswers {
  /** Ports. */
  readonly doors: Readonly<Record<DooredRole, number>>;
  readonly settle: { readonly settled: boolean };
  readonly begin: Readonly<Record<string, never>>;
  /** How many requests each fault has met. */
  readonly end: { readonly hits: Readonly<Record<string, number>> };
}

/** One request as the store saw it. `status` 0: the client was gone before the answer was out. */
export interface RequestLogEntry {
  readonly atUs: number;
  readonly endUs: number;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly bytes: number;
  /** Of the answer, its head included, as far as it went out. Absent: an earlier log. */
  readonly answerBytes?: number;
  readonly role: StoreRole;
  /** The declared fault that it met: neither its status nor its time is the store's own. Absent: none. */
  readonly fault?: string;
  /** With a fault: whether the store got to see the request all the same. */
  readonly passedOn?: boolean;
}

/** The last line of a log that was not cut off: how many there are before it. */
export interface ClosingLine {
  readonly closed: number;
}

export interface RequestLog {
  readonly entries: readonly RequestLogEntry[];
  /** False when a line is missing or cannot be read, or the log goes on: late uploads can then not be judged. */
  readonly complete: boolean;
}

/** Reads the store's request log. An empty one, or one that was cut off at the end of a line, lacks its closing line. */
export async function readRequestLog(file: string): Promise<RequestLog> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return { entries: [], complete: false };
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map(parsed);
  const entries = lines.filter((line) => line !== null && 'method' in line);
  const last = lines.at(-1) ?? null;
  const closed = last !== null && 'closed' in last ? last.closed : null;
  const complete = text.endsWith('\n') && closed === entries.length && lines.length === entries.length + 1;
  return { entries, complete };
}

/** null: it cannot be read. */
function parsed(line: string): RequestLogEntry | ClosingLine | null {
  try {
    return JSON.parse(line) as RequestLogEntry | ClosingLine;
  } catch {
    return null;
  }
}

/** The log up to an instant. */
export function until(log: RequestLog, atUs: number): RequestLog {
  return { ...log, entries: log.entries.filter((entry) => entry.atUs <= atUs) };
}

/**
 * Uploads and deletions after a host was dead: by anybody but the new host after `afterUs`, and by the new host itself
 * after `afterSecondUs`. Refused ones count too: somebody was alive to try. A fault that the scenario declares is none.
 */
export function lateChanges(log: RequestLog, afterUs: number, afterSecondUs: number): RequestLogEntry[] {
  return log.entries.filter(({ role, method, atUs }) => {
    if (['GET', 'HEAD'].includes(method) || role === 'saboteur') return false;
    return atUs > (role === 'new-writer' ? afterSecondUs : afterUs);
  });
}

/**
 * Whether the recovery has read what a restore of the database at this key begins with: a snapshot of a generation, or of
 * LTX files the snapshot or the one with the first transaction. With a format only that one counts. An object whose size is
 * known must have been answered to its end, if in pieces and after answers that broke off: who asks for one byte of it has
 * not read it.
 */
export function hasReadSnapshot(
  log: RequestLog,
  bucket: string,
  key: string,
  format: keyof typeof STARTING_POINT | null = null,
  sizesBytes: ReadonlyMap<string, number> = new Map(),
): boolean {
  const start = `/${bucket}/${key}/`;
  const patterns = format === null ? Object.values(STARTING_POINT) : [STARTING_POINT[format]];
  const read = new Map<string, { isAnswered: boolean; bytes: number }>();
  for (const { role, method, url, status, answerBytes } of log.entries) {
    const isAnswered = status >= 200 && status < 300;
    // 0: it broke off, and its rest may have been asked for.
    if (role !== 'recovery' || method !== 'GET' || (!isAnswered && status !== 0)) continue;
    const asked = decodeURIComponent(url);
    if (!asked.startsWith(start) || !patterns.some((pattern) => pattern.test(asked.slice(start.length))))
      continue;
    const object = asked.slice(bucket.length + 2).split('?')[0] ?? '';
    const before = read.get(object) ?? { isAnswered: false, bytes: 0 };
    read.set(object, {
      isAnswered: before.isAnswered || isAnswered,
      bytes: before.bytes + (answerBytes ?? Number.POSITIVE_INFINITY),
    });
  }
  return [...read].some(
    ([object, { isAnswered, bytes }]) => isAnswered && bytes >= (sizesBytes.get(object) ?? 0),
  );
}

/** Below a database's key. */
const STARTING_POINT = {
  generations: /^generations\/[0-9a-f]{16}\/snapshots\/[0-9a-f]{8}\.snapshot\.lz4(?:\?|$)/,
  ltx: /^(?:0009\/[0-9a-f]{16}|000[0-8]\/0{15}1)-[0-9a-f]{16}\.ltx(?:\?|$)/,
};
