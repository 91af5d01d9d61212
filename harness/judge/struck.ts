import type { Evidence } from '../evidence.ts';
import type { DatabaseResult, Measurements } from '../result.ts';
import { parseObjective } from '../scenario/metrics.ts';
import type { Fate } from './fates.ts';

type Counts = Pick<Measurements, 'databasesBeyondRpo' | 'databasesFailed' | 'databasesProtected'>;

/**
 * How many databases a planted fault struck: for scenarios that say how much it costs. null: not measured; left out where none
 * of the objectives asks for it.
 */
export function countStruck(
  { scenario, kill }: Evidence,
  fates: readonly Fate[],
  databases: readonly DatabaseResult[],
  rpoObjectiveMs: number,
): Counts {
  const asked = new Set(
    scenario.objectives.map(({ expression }) => parseObjective(expression).objective?.metric),
  );
  const counts = {
    databasesBeyondRpo: () => beyondRpo(fates, rpoObjectiveMs),
    databasesFailed: () => failed(databases),
    databasesProtected: () => (kill === null ? null : protectedAt(kill.atUs, fates)),
  } as const satisfies Record<keyof Counts, () => number | null>;
  const wanted = Object.entries(counts).filter(([metric]) => asked.has(metric as keyof Counts));
  return Object.fromEntries(wanted.map(([metric, count]) => [metric, count()]));
}

function beyondRpo(fates: readonly Fate[], rpoObjectiveMs: number): number | null {
  const isOpen = fates.some(({ end, rpoMs }) => end === 'unknown' || (end === 'restored' && rpoMs === null));
  const beyond = fates.filter(({ lostAgesMs }) => lostAgesMs.some((ageMs) => ageMs > rpoObjectiveMs));
  return isOpen ? null : beyond.length;
}

function failed(databases: readonly DatabaseResult[]): number | null {
  if (databases.some(({ verdict }) => verdict === 'inconclusive')) return null;
  return databases.filter(({ failedChecks }) => failedChecks.some((id) => id !== 'objectives')).length;
}

/** As the harness saw it in the bucket, whatever the supervisor claimed. */
function protectedAt(killUs: number, fates: readonly Fate[]): number {
  return fates.filter(({ database: { protectedUs } }) => protectedUs !== null && protectedUs <= killUs)
    .length;
}
