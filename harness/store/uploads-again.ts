import type { RequestLog } from './request-log.ts';

/**
 * How long after an instant the host had uploaded something of each of these databases again, as the store saw it; null:
 * of some never before `toUs`. `keys`: of the databases, bucket included: `drill/prod/system.db`.
 */
export function uploadsAgainMs(
  { entries }: RequestLog,
  keys: readonly string[],
  fromUs: number,
  toUs: number,
): number | null {
  const uploads = entries
    .filter(
      ({ role, method, status }) => role === 'writer' && method === 'PUT' && status >= 200 && status < 300,
    )
    .filter(({ atUs, endUs }) => atUs >= fromUs && endUs <= toUs)
    .map(({ url, endUs }) => ({ path: decodeURIComponent(url), endUs }));
  const firstUs = keys.map((key) =>
    uploads.reduce(
      (first, { path, endUs }) => (path.startsWith(`/${key}/`) ? Math.min(first, endUs) : first),
      Number.POSITIVE_INFINITY,
    ),
  );
  const lastUs = Math.max(...firstUs);
  return Number.isFinite(lastUs) ? (lastUs - fromUs) / 1000 : null;
}
