import type { Evidence } from '../evidence.ts';
import type { OwnCheckId } from '../evidence/checks.ts';
import type { OwnCheckRecord } from '../evidence/own-check.ts';
import type { CheckResult } from '../result.ts';
import { checkResult, plural } from './tally.ts';

/** The checks that the scenario brings itself. What it says is a finding is one: no loss within the RPO explains it. */
export function judgeOwnChecks(evidence: Evidence): CheckResult[] {
  return (evidence.scenario.ownChecks ?? []).map((name) => {
    const record = evidence.ownChecks?.find((one) => one.name === name);
    return checkResult({
      id: idOf(name),
      expected: 'the scenario itself finds nothing wrong',
      whenPassed: `nothing found in ${plural(record?.opened ?? 0, 'restored database')}`,
      failures: record?.findings ?? [],
      unmeasured: unmeasured(evidence, record),
      notes: [],
    });
  });
}

/** Ids of the own checks that found something in one database. */
export function ownChecksFailedOn(path: string, { ownChecks, scenario }: Evidence): OwnCheckId[] {
  return (ownChecks ?? [])
    .filter(({ name }) => scenario.ownChecks?.includes(name))
    .filter(({ findings }) => findings.some(({ database }) => database === path))
    .map(({ name }) => idOf(name));
}

function idOf(name: string): OwnCheckId {
  return `own:${name}`;
}

/** Silence is no answer, and neither is the answer of one that has looked at nothing. */
function unmeasured({ kill }: Evidence, record: OwnCheckRecord | undefined): string[] {
  if (kill === null) return ['there was no kill'];
  if (record === undefined) return ['it did not run'];
  if (record.error !== null) return [record.error];
  if (record.offered === 0) return ['no database was restored'];
  return record.opened === 0 && record.findings.length === 0 ? ['it opened no restored database'] : [];
}
