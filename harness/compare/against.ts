import {
  compareDrill,
  type Comparison,
  type DrillComparison,
  keyOf,
  type Sample,
  subjectInWords,
  summarize,
} from './compare.ts';

/** So many earlier passes tell the spread: older ones are of another time. */
const MOST_PASSES = 20;

/** An earlier drill, and whether its run was found worse than the one before. */
export interface Earlier extends Sample {
  readonly regressed: boolean;
}

/**
 * Drills held against the last pass of the same scenario, subject and store; the passes before it tell how far its
 * figures move by themselves. A pass that was itself a regression is none, or one bad night would be the new normal. What
 * never passed before has nothing to be held against, and that is a gap: a history that got lost must not look green.
 */
export function compareWithLastPass(
  history: readonly Earlier[],
  now: readonly Sample[],
  tolerance: number,
): Comparison {
  const drills: DrillComparison[] = [];
  const gaps: string[] = [];
  for (const [key, after] of Map.groupBy(now, keyOf)) {
    const passes = history
      .filter((one) => keyOf(one) === key && one.verdict === 'pass' && !one.regressed)
      .slice(-MOST_PASSES);
    const last = passes.at(-1);
    const [first] = after;
    if (last !== undefined) {
      const center = passes.filter(({ runId }) => runId === last.runId);
      drills.push(compareDrill({ samples: passes, center }, after, tolerance));
    } else if (first !== undefined) gaps.push(`no earlier pass of ${subjectInWords(first)}`);
  }
  return summarize(drills, gaps, tolerance);
}

/**
 * Two sets of drills held against each other. The same scenario, subject and store belong together; where a scenario is
 * left with one group on each side they do too, which is how two subjects are compared.
 */
export function compareSets(
  before: readonly Sample[],
  after: readonly Sample[],
  tolerance: number,
): Comparison {
  const [olds, news] = [Map.groupBy(before, keyOf), Map.groupBy(after, keyOf)];
  const pairs: [Sample[], Sample[]][] = [];
  for (const [key, old] of olds) {
    const own = news.get(key);
    if (own === undefined) continue;
    pairs.push([old, own]);
    olds.delete(key);
    news.delete(key);
  }
  for (const [key, old] of olds) {
    const scenario = old[0]?.scenario;
    const sameScenario = (groups: Map<string, Sample[]>): [string, Sample[]][] =>
      [...groups].filter(([, [one]]) => one?.scenario === scenario);
    const [candidate, ...others] = sameScenario(news);
    if (candidate === undefined || others.length > 0 || sameScenario(olds).length > 1) continue;
    pairs.push([old, candidate[1]]);
    olds.delete(key);
    news.delete(candidate[0]);
  }
  const alone = (groups: Map<string, Sample[]>, where: string): string[] =>
    [...groups.values()].flatMap(([one]) => (one === undefined ? [] : [`${subjectInWords(one)} ${where}`]));
  const gaps = [
    ...alone(olds, 'is only in the first'),
    ...(pairs.length === 0 ? ['nothing to compare: no drill is in both'] : []),
  ];
  const drills = pairs.map(([old, own]) => compareDrill({ samples: old, center: old }, own, tolerance));
  return summarize(drills, gaps, tolerance);
}
