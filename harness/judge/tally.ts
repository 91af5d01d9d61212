import type { Evidence } from '../evidence.ts';
import type { AnyCheckId, Finding } from '../evidence/checks.ts';
import type { CheckResult, Verdict } from '../result.ts';
import { compareText, type Fate, isExcusable } from './fates.ts';

/** One thing that breaks a check, on one database (null: the fleet or the run). */
export interface Failure {
  readonly database: string | null;
  readonly count: number;
  readonly expected: string;
  readonly actual: string;
  readonly detail: string;
}

/** What a check has to say before it becomes a verdict. */
export interface Tally {
  readonly id: AnyCheckId;
  /** What holds when the check passes, and how that is said. */
  readonly expected: string;
  readonly whenPassed: string;
  readonly failures: readonly Failure[];
  /** Reasons why the check could not be made everywhere. */
  readonly unmeasured: readonly string[];
  /** Remarks that change no verdict. */
  readonly notes: readonly string[];
}

const MOST_NAMES = 5;

/** fail > inconclusive > pass: a failure is one, also where other databases could not be looked at. */
export function checkResult(tally: Tally): CheckResult {
  const { id, failures, unmeasured } = tally;
  const verdict: Verdict = failures.length > 0 ? 'fail' : unmeasured.length > 0 ? 'inconclusive' : 'pass';
  const [only] = failures;
  const detail = [
    ...(failures.length > 0 ? [byDatabase(failures)] : []),
    ...(unmeasured.length > 0 ? [`could not be judged: ${atMost(unmeasured)}`] : []),
    ...tally.notes,
  ].join('. ');
  const count = failures.length > 0 ? { count: total(failures) } : {};
  if (failures.length === 1 && only !== undefined) {
    return { id, verdict, expected: only.expected, actual: only.actual, detail, ...count };
  }
  const actual = {
    pass: tally.whenPassed,
    inconclusive: 'could not be judged',
    fail: `${plural(total(failures), 'fault')} in ${plural(databasesOf(failures).length, 'database')}`,
  }[verdict];
  return { id, verdict, expected: tally.expected, actual, detail, ...count };
}

/** Failures by database, worst first: exact counts for five, the rest as a number. */
function byDatabase(failures: readonly Failure[]): string {
  const groups = databasesOf(failures).map((name) => {
    const own = failures.filter((failure) => nameOf(failure) === name);
    return { name, count: total(own), words: own[0]?.detail ?? '' };
  });
  groups.sort((a, b) => b.count - a.count || compareText(a.name, b.name));
  const named = groups.slice(0, MOST_NAMES).map(({ name, count, words }) => {
    return `${name}: ${count}${words === '' ? '' : ` (${words})`}`;
  });
  return [...named, ...andMore(groups.length - named.length)].join('; ');
}

function databasesOf(failures: readonly Failure[]): string[] {
  return [...new Set(failures.map(nameOf))];
}

function nameOf({ database }: Failure): string {
  return database ?? 'the fleet';
}

function total(failures: readonly Failure[]): number {
  return failures.reduce((sum, { count }) => sum + count, 0);
}

function atMost(texts: readonly string[]): string {
  return [...texts.slice(0, MOST_NAMES), ...andMore(texts.length - MOST_NAMES)].join('; ');
}

function andMore(count: number): string[] {
  return count > 0 ? [`and ${count} more`] : [];
}

/** `1 database`, `3 databases`. */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** The findings of a check, parted into failures and those that an accepted loss fully explains. */
export function partFindings(
  findings: readonly Finding[],
  rpoObjectiveMs: number,
): { failures: Failure[]; explained: readonly Finding[] } {
  const isExplained = ({ explainedByLossAgeMs: ageMs }: Finding): boolean =>
    ageMs !== null && ageMs <= rpoObjectiveMs;
  const failures = findings
    .filter((finding) => !isExplained(finding))
    .map(({ database, count, expected, actual, detail }) => ({ database, count, expected, actual, detail }));
  return { failures, explained: findings.filter(isExplained) };
}

/** A remark on findings that are no failures. */
export function explainedNote(explained: readonly Finding[]): string[] {
  if (explained.length === 0) return [];
  const count = explained.reduce((sum, finding) => sum + finding.count, 0);
  return [`${plural(count, 'further fault')} explained by writes lost within the RPO objective`];
}

/**
 * All findings of the first life and the fleet, once each: a fleet is looked at after both restores, and a fault may be
 * seen twice. That a database is not there, or there again, or torn before anybody promised it, is left to its fate,
 * which knows about protection. What its absence or its tear does not explain, an excused database answers for too.
 */
export function findingsOf({ databases, fleetFindings }: Evidence, fates: readonly Fate[]): Finding[] {
  const settled = new Set(fates.flatMap(({ end, database }) => (end === 'restored' ? [] : [database.path])));
  const excused = new Map(
    fates.flatMap(({ end, database }) => (end === 'excused' ? [[database.path, database] as const] : [])),
  );
  const isSettled = (finding: Finding): boolean => {
    const { check, database: path } = finding;
    if (path === null) return false;
    const database = excused.get(path);
    return (
      (database !== undefined && isExcusable(finding, database)) ||
      (check === 'inventory' && settled.has(path))
    );
  };
  const all = [...databases.flatMap(({ verified }) => verified?.findings ?? []), ...fleetFindings];
  return [...new Map(all.map((finding) => [JSON.stringify(finding), finding])).values()].filter(
    (finding) => !isSettled(finding),
  );
}
