import { DrillError } from '../errors.ts';
import type { Evidence } from '../evidence.ts';
import { plural } from '../judge/tally.ts';
import type { WholePlan } from '../shard/whole-plan.ts';
import type { ShardRun } from './collect.ts';

/** What a merge rests on besides the evidence. */
export interface MergeTerms {
  /** Of this program: another version might judge the same evidence differently. */
  readonly toolVersion: string;
  /** Merge although shards are missing: inconclusive at best. */
  readonly allowPartial: boolean;
}

/**
 * Refuses shards that are not the parts of one plan, each exactly once. Answers why the merged run cannot be a pass
 * although its drills may all be green: a gap is told, never closed.
 */
export function checkShards(
  shards: readonly ShardRun[],
  { toolVersion, allowPartial }: MergeTerms,
): string[] {
  const [first] = shards;
  if (first === undefined)
    throw refused('there is no shard here', 'no folder below it has a shard-2-of-5.json', 2);
  refuseMixed(shards, first, toolVersion);
  const missing = missingShards(shards, first.shard.count);
  if (missing.length > 0 && !allowPartial) {
    throw refused(
      `${plural(missing.length, 'shard')} of ${first.shard.count} missing: ${missing.join(', ')}`,
      'what was not drilled cannot be green',
      3,
    );
  }
  return [
    ...missing.map((index) => `shard ${index} of ${first.shard.count} is missing`),
    ...shards.flatMap(gapsOf),
    ...differingSubjects(shards, first.shard.plan),
  ];
}

function refuseMixed(shards: readonly ShardRun[], first: ShardRun, toolVersion: string): void {
  const other = shards.find(
    ({ shard }) => shard.planDigest !== first.shard.planDigest || shard.count !== first.shard.count,
  );
  if (other !== undefined) {
    const why = `${first.runDir} and ${other.runDir} are parts of different ones`;
    throw refused('these shards are not of one plan', why, 2);
  }
  const foreign = shards.find(({ shard, run }) =>
    [shard.tool.version, run.tool.version].some((version) => version !== toolVersion),
  );
  if (foreign !== undefined) {
    const why = `${foreign.runDir} was drilled with ${foreign.run.tool.version}, and this is ${toolVersion}`;
    throw refused('these shards are not all of this version', why, 2);
  }
  const twice = shards.filter(
    ({ shard }, at) => shards.findIndex((one) => one.shard.index === shard.index) !== at,
  );
  const [again] = twice;
  if (again !== undefined) {
    const both = shards.filter(({ shard }) => shard.index === again.shard.index);
    const why = `${both.map(({ runDir }) => runDir).join(' and ')}: which of them counts is not for a merge to choose`;
    throw refused(`shard ${again.shard.index} of ${again.shard.count} is there more than once`, why, 2);
  }
}

function missingShards(shards: readonly ShardRun[], count: number): number[] {
  const there = new Set(shards.map(({ shard }) => shard.index));
  return Array.from({ length: count }, (_, at) => at + 1).filter((index) => !there.has(index));
}

/** Reasons why a shard that is there does not prove what its plan says. */
function gapsOf({ shard, run, evidences, damage }: ShardRun): string[] {
  const name = `shard ${shard.index} of ${shard.count}`;
  const foreign = run.drills.filter((id) => !shard.drills.includes(id));
  const planned = new Map(shard.plan.drills.map((drill) => [drill.drillId, drill]));
  const other = evidences.filter((evidence) => !isOf(evidence, planned.get(evidence.drillId)));
  return [
    ...damage.map((problem) => `${name}: ${problem}`),
    ...run.reporterFailures.map((failure) => `${name}: a reporter failed: ${failure}`),
    ...(run.gaps ?? []).map((gap) => `${name}: ${gap}`),
    ...(foreign.length > 0 ? [`${name} ran what its plan does not give to it: ${foreign.join(', ')}`] : []),
    ...other.map(
      ({ drillId }) => `${name}: the evidence of ${drillId} is of another drill than the planned one`,
    ),
  ];
}

function isOf(
  { scenario, seed, planDigest }: Evidence,
  planned: WholePlan['drills'][number] | undefined,
): boolean {
  return (
    planned !== undefined &&
    scenario.id === planned.scenario &&
    seed === planned.seed &&
    planDigest === planned.planDigest &&
    scenario.expect === planned.expect &&
    isSame(scenario.mustFail, planned.mustFail) &&
    isSame(scenario.mustCount, planned.mustCount) &&
    isSame(scenario.mustBreak, planned.mustBreak) &&
    isSame(scenario.mustHold, planned.mustHold)
  );
}

function isSame(found: readonly string[] = [], planned: readonly string[] = []): boolean {
  return found.join('\n') === planned.join('\n');
}

/** A path, what came with npm, a version or store auto may be something else on each machine: then it is not one subject. */
function differingSubjects(shards: readonly ShardRun[], { drills }: WholePlan): string[] {
  const evidences = shards.flatMap((shard) => shard.evidences);
  const differing = (
    asked: (drill: WholePlan['drills'][number]) => string,
    found: (evidence: Evidence) => string,
  ): string[] =>
    [...Map.groupBy(drills, asked)].flatMap(([choice, own]) => {
      const ids = new Set(own.map(({ drillId }) => drillId));
      const values = new Set(evidences.filter(({ drillId }) => ids.has(drillId)).map(found));
      return values.size <= 1 ? [] : [`${choice} was not the same everywhere: ${[...values].join(', ')}`];
    });
  return [
    ...differing(
      ({ litestream }) => litestream ?? 'the packaged Litestream',
      ({ subject }) => subject.litestream.version,
    ),
    ...differing(
      ({ store }) => `store ${store}`,
      ({ store }) => store.kind,
    ),
    ...differing(
      ({ scenario }) => `the supervisor of ${scenario}`,
      ({ subject }) => subject.supervisor,
    ),
    ...differing(
      ({ scenario }) => `what replaced Litestream in ${scenario}`,
      ({ subject }) =>
        (subject.upgrades ?? []).map(({ version, atMs }) => `${version} after ${atMs} ms`).join(' and ') ||
        'nothing',
    ),
    ...differingPrograms(evidences),
  ];
}

/** One version is one program, whether it was there from the beginning or came later. */
function differingPrograms(evidences: readonly Evidence[]): string[] {
  const programs = evidences.flatMap(({ subject }) => [subject.litestream, ...(subject.upgrades ?? [])]);
  return [...Map.groupBy(programs, ({ version }) => version)].flatMap(([version, own]) => {
    const hashes = [...new Set(own.map(({ sha256 }) => sha256))];
    if (hashes.length <= 1) return [];
    return [`Litestream ${version} was not the same everywhere: SHA-256 ${hashes.join(', ')}`];
  });
}

function refused(what: string, why: string, exit: 2 | 3): DrillError {
  return new DrillError('DRILL_E_MERGE_REFUSED', {
    what,
    why,
    fix:
      exit === 3
        ? 'run the missing shard, or take --allow-partial: inconclusive at best'
        : 'give a folder with the run of every shard of one plan, once',
    exit,
  });
}
