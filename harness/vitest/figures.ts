import type { Result, ScenarioResult } from '../result.ts';

/** What a matcher may be given: a whole run, or one of its drills. */
export type Judged = Result | ScenarioResult;

export function drillsOf(judged: Judged): readonly ScenarioResult[] {
  return 'scenarios' in judged ? judged.scenarios : [judged];
}

/** Why a run or a drill is no pass, in as many lines as it takes; empty when it is one. */
export function problemsOf(judged: Judged): string[] {
  const lines = drillsOf(judged).flatMap((drill) => {
    if (drill.verdict === 'pass') return [];
    const red = drill.checks
      .filter(({ verdict }) => verdict !== 'pass')
      .map(
        ({ id, verdict, actual, detail }) =>
          `  ${verdict} ${id}: ${[actual, detail].filter(Boolean).join('. ')}`,
      );
    const broken = drill.objectives
      .filter(({ verdict }) => verdict !== 'pass')
      .map(
        ({ expression, actual, file, line }) =>
          `  ${expression}: measured ${actual ?? 'nothing'} (${file}:${line})`,
      );
    return [`${drill.drillId}: ${drill.verdict}: ${drill.reason}`, ...red, ...broken];
  });
  if (judged.verdict === 'pass' && lines.length === 0) return [];
  const repeat = 'repeatCommand' in judged ? [`repeat: ${judged.repeatCommand}`] : [];
  return [`${judged.verdict}: ${judged.reason}`, ...lines, ...repeat];
}

/**
 * The worst of a figure over all drills. Throws when one of them has none, so that what was not measured satisfies
 * neither a matcher nor its negation.
 */
export function worst(judged: Judged, name: string, of: (drill: ScenarioResult) => number | null): number {
  const drills = drillsOf(judged);
  if (drills.length === 0) throw new Error(`${name} was not measured: there is no drill`);
  return drills.reduce((most, drill) => {
    const figure = of(drill);
    if (figure !== null && drill.verdict !== 'inconclusive') return Math.max(most, figure);
    throw new Error(`${name} was not measured in ${drill.drillId}: ${drill.verdict}, ${drill.reason}`);
  }, 0);
}
