import type { StoreRequests } from '../evidence/store.ts';
import { s3Request } from './s3-request.ts';
import type { RequestLog } from './request-log.ts';

/**
 * The request log in numbers: how often each role asked for what, and what became of it. Listings are told from reads. What
 * met a declared fault is counted apart: it says nothing of the store.
 */
export function storeRequests({ entries }: RequestLog): StoreRequests[] {
  const counts = new Map<string, StoreRequests>();
  for (const { role, method, url, status, bytes, answerBytes, fault } of entries) {
    const { kind } = s3Request(method, url);
    const own = fault === undefined;
    const key = `${role} ${kind}`;
    const known: StoreRequests = counts.get(key) ?? {
      role,
      method: kind,
      count: 0,
      refused: 0,
      failed: 0,
      bytes: 0,
    };
    counts.set(key, {
      ...known,
      count: known.count + 1,
      refused: known.refused + (own && status >= 400 && status < 500 ? 1 : 0),
      failed: known.failed + (own && (status >= 500 || status === 0) ? 1 : 0),
      ...(own ? {} : { faulted: (known.faulted ?? 0) + 1 }),
      bytes: known.bytes + bytes,
      ...(answerBytes === undefined ? {} : { answerBytes: (known.answerBytes ?? 0) + answerBytes }),
    });
  }
  return [...counts.values()].toSorted(
    (a, b) => a.role.localeCompare(b.role, 'en') || a.method.localeCompare(b.method, 'en'),
  );
}

/** What the host asked for between two instants, by method. What a declared fault kept from the store is left out: nobody is billed for it. */
export function hostRequests({ entries }: RequestLog, fromUs: number, toUs: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { role, method, url, atUs, fault, passedOn } of entries) {
    const isKept = fault !== undefined && passedOn !== true;
    if (role !== 'writer' || isKept || atUs < fromUs || atUs > toUs) continue;
    const { kind } = s3Request(method, url);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
