import type { DrilledFleet } from './drilled-fleet.ts';

/** Whether the last write of a database is begun and not answered at that point of the ledger. */
export function isOpen({ records }: DrilledFleet, count: number, path: string): boolean {
  return records.slice(0, count).findLast((record) => 'db' in record && record.db === path)?.t === 'intent';
}

/** A recovery point for each database, drawn from one number; null: what came during the load never reached the bucket. */
export function chosenPoint(
  { plan, snapshots }: DrilledFleet,
  path: string,
  last: number,
  choice: number,
  cut: number,
): number | null {
  const draw =
    Math.abs(
      Math.imul(choice ^ (path.length * 7919) ^ cut, 0x9e3779b1) + path.charCodeAt(path.length >> 1),
    ) >>> 0;
  const seeded = plan.databases.some((planned) => planned.path === path);
  if (!seeded && draw % 4 === 0) return null;
  const point = draw % 3 === 0 ? last : draw % (last + 1);
  return snapshots.get(path)?.has(point) === true ? point : null;
}
