import type { StoreRequests } from '../evidence.ts';
import type { RequestLog } from './request-log.ts';

/** The request log in numbers: how often each role asked for what, and what became of it. Listings are told from reads. */
export function storeRequests({ entries }: RequestLog): StoreRequests[] {
  const counts = new Map<string, StoreRequests>();
  for (const { role, method, url, status, bytes } of entries) {
    const kind = method === 'GET' && isListing(url) ? 'LIST' : method;
    const key = `${role} ${kind}`;
    const known = counts.get(key) ?? { role, method: kind, count: 0, refused: 0, failed: 0, bytes: 0 };
    counts.set(key, {
      ...known,
      count: known.count + 1,
      refused: known.refused + (status >= 400 && status < 500 ? 1 : 0),
      failed: known.failed + (status >= 500 || status === 0 ? 1 : 0),
      bytes: known.bytes + bytes,
    });
  }
  return [...counts.values()].toSorted(
    (a, b) => a.role.localeCompare(b.role, 'en') || a.method.localeCompare(b.method, 'en'),
  );
}

/** A listing names no object: its path ends with the bucket. */
function isListing(url: string): boolean {
  const [path = ''] = url.split('?', 1);
  return path.split('/').filter((part) => part !== '').length <= 1;
}
