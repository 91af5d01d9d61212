import type { ScenarioResult } from '../result.ts';

/** A figure of a drill that may be held against earlier ones. Lower is better in all of them. */
export interface Figure {
  readonly id: FigureId;
  readonly title: string;
  readonly unit: 'ms' | 'writes';
  /** The kill meets the replication at any phase of its interval: by that much it differs although nothing changed. */
  readonly dependsOnPhase: boolean;
  readonly of: (drill: ScenarioResult) => number | null;
}

export type FigureId =
  | 'rpoMs'
  | 'rtoMs'
  | 'firstDatabaseMs'
  | 'restoreMs'
  | 'verifyMs'
  | 'protectedAgainMs'
  | 'timeToProtectionMs'
  | 'writeLatencyP99Ms'
  | 'lostWritesBeyondRpo';
/** By id. A figure that a version did not know is absent. */
export type Figures = Readonly<Record<string, number | null>>;

/**
 * What is compared. Not how many writes were acknowledged or lost, nor how long the drill took: the instant of the kill,
 * which the seed draws, decides those.
 */
export const FIGURES: readonly Figure[] = [
  figure('rpoMs', 'RPO max', ({ rpoMs }) => rpoMs?.max ?? null, true),
  figure('rtoMs', 'RTO', ({ rtoMs }) => rtoMs),
  figure('firstDatabaseMs', 'first database', ({ firstDatabaseMs }) => firstDatabaseMs),
  figure('restoreMs', 'restore', ({ restoreMs }) => restoreMs),
  figure('verifyMs', 'verify', ({ verifyMs }) => verifyMs),
  figure('protectedAgainMs', 'protected again', ({ protectedAgainMs }) => protectedAgainMs, true),
  figure('timeToProtectionMs', 'time to protection max', (all) => all.timeToProtectionMs?.max ?? null, true),
  figure('writeLatencyP99Ms', 'write latency p99', ({ writeLatencyMs }) => writeLatencyMs?.p99 ?? null),
  {
    ...figure('lostWritesBeyondRpo', 'lost beyond the RPO', (all) => all.lostWritesBeyondRpo),
    unit: 'writes',
  },
];

/** All figures of a drill. */
export function figuresOf(drill: ScenarioResult): Record<string, number | null> {
  return Object.fromEntries(FIGURES.map(({ id, of }) => [id, of(drill)]));
}

function figure(
  id: FigureId,
  title: string,
  of: (measurements: ScenarioResult['measurements']) => number | null,
  dependsOnPhase = false,
): Figure {
  return { id, title, unit: 'ms', dependsOnPhase, of: ({ measurements }) => of(measurements) };
}
