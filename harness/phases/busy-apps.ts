import type { Random } from '../random.ts';
import type { Plan } from '../scenario/plan.ts';

/** Paths of the seeded apps that are written to: a fault in any other could be survived by chance. */
export function busyApps({ databases }: Plan): ReadonlySet<string> {
  return new Set(databases.flatMap(({ kind, idle, path }) => (kind === 'app' && !idle ? [path] : [])));
}

/** So many of the items, each at most once, in the order in which they are drawn. */
export function drawn<T>(items: readonly T[], count: number, random: Random): T[] {
  const left = [...items];
  return Array.from({ length: Math.min(count, left.length) }, () =>
    left.splice(random.int(0, left.length - 1), 1),
  ).flat();
}
