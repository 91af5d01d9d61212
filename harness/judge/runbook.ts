import type { Evidence } from '../evidence.ts';
import type { RunbookEvidence } from '../evidence/runbook.ts';
import type { RunbookResult, RunbookStepResult } from '../result.ts';
import type { Fate } from './fates.ts';
import { plural } from './tally.ts';

type Ran = RunbookEvidence['commands'][number];
type Why = Pick<RunbookStepResult, 'cause' | 'why'>;

/** What became of the documented page, command by command, with the reason of every failure; null: it was not followed. */
export function judgeRunbook(evidence: Evidence, fates: readonly Fate[]): RunbookResult | null {
  const { runbook } = evidence;
  if (runbook === undefined) return null;
  const wanted = fates.filter(({ end }) => end !== 'removed' && end !== 'resurrected');
  return {
    steps: runbook.commands.map((ran) => stepResult(ran, evidence, runbook)),
    drillRestore: {
      restored: wanted.filter(({ end }) => end === 'restored').length,
      databases: wanted.length,
    },
  };
}

/** How many of the page's five steps did not do what they are there for; null: nobody followed them. */
export function stepsFailed(runbook: RunbookResult | null): number | null {
  if (runbook === null) return null;
  const failed = runbook.steps.filter(
    ({ outcome, beyondPage }) => outcome === 'fails' && beyondPage === null,
  );
  return new Set(failed.map(({ step }) => step)).size;
}

function stepResult(ran: Ran, evidence: Evidence, runbook: RunbookEvidence): RunbookStepResult {
  const { step, beyondPage, command, database, exitCode, asked } = ran;
  const failure = failureOf(ran, evidence, runbook);
  const litter = ran.litter.length === 0 ? '' : `leaves ${ran.litter.join(', ')} beside it`;
  return {
    step,
    beyondPage,
    command,
    database,
    outcome: failure === null ? 'works' : 'fails',
    ...(failure ?? { cause: null, why: litter }),
    exitCode,
    asked: asked.map(({ host }) => host),
  };
}

/** Why a step did not do what it is there for, or null. What was asked tells more than what was said. */
function failureOf(ran: Ran, evidence: Evidence, runbook: RunbookEvidence): Why | null {
  const { step, exitCode, timedOut, words } = ran;
  if (step === 5) return ran.missing.length === 0 ? null : empty(ran.missing, runbook);
  if (timedOut) return { cause: 'limit', why: 'no end within the limit of one restore' };
  if (exitCode !== 0) {
    return (
      elsewhere(ran, evidence, runbook) ??
      nothingThere(ran, evidence) ?? { cause: 'other', why: words === '' ? `exit code ${exitCode}` : words }
    );
  }
  if (step !== 3) return null;
  if (ran.sizeBytes === null || ran.sizeBytes === 0)
    return { cause: 'no-file', why: 'exit code 0, and no file' };
  return ran.unsound === null ? null : { cause: 'unsound', why: `exit code 0, and ${ran.unsound}` };
}

/** It did not ask the store. */
function elsewhere({ asked }: Ran, { subject }: Evidence, { endpoint, bucket }: RunbookEvidence): Why | null {
  if (endpoint === null) return null;
  const host = new URL(endpoint).hostname;
  const version = [subject.litestream, ...(subject.upgrades ?? [])].at(-1)?.version ?? '';
  const other = asked.find((one) => one.host.endsWith(`.${host}`) || one.answer === 'refused')?.host;
  if (other === undefined) return null;
  if (other === `${bucket}.${host}`) {
    const why = `the variable alone brings no path style: Litestream ${version} asked ${other}, not ${host}`;
    return { cause: 'bucket-in-host', why };
  }
  if (/(?:^|\.)amazonaws\.com$/.test(other)) {
    const why = `Litestream ${version} does not know AWS_ENDPOINT_URL_S3: it asked ${other}`;
    return { cause: 'endpoint-ignored', why };
  }
  return { cause: 'other-host', why: `it asked ${other}, not ${host}` };
}

function nothingThere({ words, database }: Ran, { bucket }: Evidence): Why | null {
  if (database === null || !/no matching backup/.test(words)) return null;
  const prefix = bucket === undefined || bucket.prefix === '' ? '' : `${bucket.prefix}/`;
  const stripped = `${prefix}${database.replace(/\.db$/, '')}`;
  const astray = bucket?.replicas.some(({ at }) => at === stripped) ?? false;
  const where = astray ? `; its objects are at ${stripped}, without the .db` : '';
  return { cause: 'nothing-there', why: `no backup at ${prefix}${database}${where}` };
}

/** RustBaas makes what is not there: a fresh system.db knows no realm, a fresh data.db has no table. */
function empty(missing: readonly string[], { commands }: RunbookEvidence): Why {
  const all = new Set(commands.flatMap(({ database }) => database ?? [])).size;
  const there = all - missing.length;
  const lost = missing.includes('system.db') ? 'a new system.db, without a realm in it' : 'them anew, empty';
  const why = `it finds ${there === 0 ? 'none' : there} of ${plural(all, 'database')} and makes ${lost}; it starts all the same`;
  return { cause: 'databases-missing', why };
}
