import { holds, parseObjective } from '../scenario/metrics.ts';
import { type Fate, seconds } from './fates.ts';

/**
 * The objective on the loss that a database breaks all by itself, in words; null: none. A fleet is judged by its worst, and
 * the row of that one must not look as if all were well: a file that was rolled back is sound and complete.
 */
export function beyondObjective(
  { lostAgesMs, rpoMs, excused, database }: Fate,
  objectives: readonly { readonly expression: string }[],
  rpoObjectiveMs: number,
): string | null {
  const beyond = lostAgesMs.filter((ageMs) => ageMs > rpoObjectiveMs).length;
  const own: Readonly<Record<string, number | null>> = {
    rpoMs,
    lostWritesBeyondRpo: beyond,
    databasesBeyondRpo: Math.min(beyond, 1),
    unreachableWrites: lostAgesMs.length === 0 || excused ? 0 : (database.lostAt?.unreachable ?? null),
  };
  for (const { expression } of objectives) {
    const { objective } = parseObjective(expression);
    const actual = objective === null ? null : (own[objective.metric] ?? null);
    if (objective === null || actual === null || !['max', null].includes(objective.aggregate)) continue;
    // What must be more, or exactly so much of a planted fault, is no limit on one database.
    const isLimit = ['<', '<=', '=='].includes(objective.operator) && actual >= objective.threshold;
    if (isLimit && !holds(objective, actual)) return `lost up to ${seconds(rpoMs ?? 0)}: ${expression}`;
  }
  return null;
}

/** Where nothing of what had been uploaded may be out of reach: whether a loss is nobody can tell. null: it can be told, or is not asked. */
export function openLoss(
  { lostAgesMs, excused, database: { lostAt } }: Fate,
  objectives: readonly { readonly expression: string }[],
): string | null {
  if (lostAgesMs.length === 0 || excused || lostAt?.unclear === 0) return null;
  const isAsked = objectives.some(
    ({ expression }) => parseObjective(expression).objective?.metric === 'unreachableWrites',
  );
  return isAsked ? 'nobody can tell whether what is lost had been uploaded' : null;
}
