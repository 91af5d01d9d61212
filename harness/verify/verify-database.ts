import { tmpdir } from 'node:os';
import { messageOf } from '../errors.ts';
import { type CheckId, DATABASE_CHECK_IDS, type Finding } from '../evidence/checks.ts';
import type { Verified } from '../evidence/database.ts';
import type { DatabaseHistory } from '../ledger/history.ts';
import { type BaselineSource, baseSeq, lastSeq, stateAt, writeAt } from '../ledger/history-state.ts';
import { type Comparison, compareWithLedger } from './compare.ts';
import { foreignKeyFindings } from './foreign-keys.ts';
import { identityFindings, isAnotherDatabase } from './identity.ts';
import { integrityFindings } from './integrity.ts';
import { NO_FACTS, type Observation } from './observation.ts';
import { observeDatabase } from './observe.ts';
import { journalFindings } from './schema.ts';
import { diffRows, type RowDiff } from './row-diff.ts';
import { rowsOf } from './row-findings.ts';

/** What became of one database of the ledger. */
export interface VerifiedDatabase {
  readonly path: string;
  /** null: there is no file to look at. */
  readonly verified: Verified | null;
  /**
   * Ages at the kill of every acknowledged write that is not in the file, oldest first. The base counts as a write
   * that was acknowledged when the database began: a seeded row that is missing is a loss as old as that.
   */
  readonly lostWriteAgesMs: readonly number[];
  /** The numbers of those writes. */
  readonly lostWrites: readonly number[];
  /** What the file itself says; null: unreadable, or nothing there. */
  readonly inBandSeq: number | null;
  readonly observation: Observation | null;
}

/** Names the rows behind a digest that is not as expected. Its own step, since it is rare and may be slow. */
export type DiffRows = (
  history: DatabaseHistory,
  tables: ReadonlySet<string>,
  seq: number,
) => Promise<RowDiff>;

export interface VerifyDatabaseOptions {
  readonly file: string;
  readonly history: DatabaseHistory;
  readonly killUs: number;
  /** A folder for short-lived links to the file, on its file system if possible. */
  readonly scratchDir?: string;
  /** Which life of the fleet wrote last: 1, on the new host 2. */
  readonly life?: number;
  readonly journalModeMayChange?: boolean;
  readonly source?: BaselineSource;
}

/** Holds one restored file against its history: all checks of a single database. Never throws for what the file holds. */
export async function verifyDatabase(options: VerifyDatabaseOptions): Promise<VerifiedDatabase> {
  const { file, history, source, scratchDir = tmpdir() } = options;
  const observation = observeDatabase(file, scratchDir);
  return judgeObservation(observation, {
    ...options,
    diff: (of, tables, seq) => diffRows(file, scratchDir, of, tables, seq, source),
    ownerOf: (id) => (id === history.base.id ? history.path : null),
  });
}

export interface ObservationContext {
  readonly history: DatabaseHistory;
  readonly killUs: number;
  readonly life?: number;
  /** The application is known to have changed its databases' journal mode for a while. */
  readonly journalModeMayChange?: boolean;
  /** The life before this one. */
  readonly earlier?: DatabaseHistory | null;
  readonly diff: DiffRows;
  /** Path of the database with this id; null: no database of the ledger. */
  readonly ownerOf: (id: string) => string | null;
}

/** Checks of one file that need the ledger. */
const LEDGER_CHECKS: readonly CheckId[] = ['schema', 'contiguity', 'no-phantoms', 'row-counts', 'content'];

/** The same for a file that has been read already. */
export async function judgeObservation(
  observation: Observation,
  context: ObservationContext,
): Promise<VerifiedDatabase> {
  const { history } = context;
  const { path } = history;
  const hasIdentity =
    observation.unreadable === null && !observation.thrown.some(({ check }) => check === 'identity');
  const own = [
    ...(hasIdentity ? identityFindings(history, observation, context.ownerOf) : []),
    ...foreignKeyFindings(path, observation),
    ...journalFindings(path, observation, context.journalModeMayChange ?? false),
  ];
  const sound = integrityFindings(path, observation, null);
  // What could not be looked at for a reason of ours says nothing about the file: no loss is made up.
  if (observation.thrown.length > 0) return unmeasured(observation, context, [...own, ...sound]);
  if (observation.unreadable !== null) return allLost(observation, context, sound, ['integrity']);
  if (isAnotherDatabase(history, observation)) {
    // Whatever is in it is not this database's: every write of this one is lost.
    const stranger = { ...observation, facts: NO_FACTS };
    return allLost(stranger, context, [...own, ...sound], ['identity', 'integrity', 'foreign-keys']);
  }
  let comparison: Comparison;
  try {
    comparison = await compareWithLedger(observation, history, context);
  } catch (error) {
    const thrown = LEDGER_CHECKS.map((check) => ({ check, error: messageOf(error) }));
    return unmeasured({ ...observation, thrown }, context, [...own, ...sound]);
  }
  return measured(observation, context, comparison, own);
}

function measured(
  observation: Observation,
  context: ObservationContext,
  { reference, missing, findings }: Comparison,
  own: readonly Finding[],
): VerifiedDatabase {
  const { history } = context;
  const expected = stateAt(history, reference);
  const lost = [...missing].filter(
    (seq) => seq === baseSeq(history) || writeAt(history, seq)?.fate === 'acknowledged',
  );
  for (const { seq, fate } of history.writes) if (seq > reference && fate === 'acknowledged') lost.push(seq);
  const complete = [...missing].reduce((least, seq) => Math.min(least, seq - 1), reference);
  const sound = integrityFindings(history.path, observation, new Set(expected.tables.keys()));
  return seen(observation, context, {
    recoveryPoint: Math.max(baseSeq(history), complete),
    rowsExpected: rowsOf(expected.tables.values()),
    rowsRestored: rowsOf(observation.tables.values()),
    checks: DATABASE_CHECK_IDS,
    findings: [...own, ...sound, ...findings],
    loss: lossOf(history, context.killUs, lost),
  });
}

/** Nothing in the file counts: every acknowledged write is lost, and the base with them. */
function allLost(
  observation: Observation,
  context: ObservationContext,
  findings: readonly Finding[],
  checks: readonly CheckId[],
): VerifiedDatabase {
  const { history, killUs } = context;
  return seen(observation, context, {
    recoveryPoint: baseSeq(history),
    rowsExpected: rowsOf(stateAt(history, lastSeq(history)).tables.values()),
    rowsRestored: 0,
    checks,
    findings,
    loss: everythingLost(history, killUs),
  });
}

/** Checks that threw, and those that rest on them, did not run. */
function unmeasured(
  observation: Observation,
  context: ObservationContext,
  findings: readonly Finding[],
): VerifiedDatabase {
  const { history } = context;
  return seen(observation, context, {
    recoveryPoint: baseSeq(history),
    rowsExpected: rowsOf(stateAt(history, lastSeq(history)).tables.values()),
    rowsRestored: rowsOf(observation.tables.values()),
    checks: DATABASE_CHECK_IDS.filter((check) => !LEDGER_CHECKS.includes(check)),
    findings,
    loss: { lostWrites: [], lostWriteAgesMs: [] },
  });
}

interface Seen extends Pick<Verified, 'recoveryPoint' | 'rowsExpected' | 'rowsRestored'> {
  readonly checks: readonly CheckId[];
  readonly findings: readonly Finding[];
  readonly loss: Pick<VerifiedDatabase, 'lostWrites' | 'lostWriteAgesMs'>;
}

function seen(observation: Observation, { history }: ObservationContext, what: Seen): VerifiedDatabase {
  const { startUs, endUs, thrown, sha256 } = observation;
  const { recoveryPoint, rowsExpected, rowsRestored, checks, findings, loss } = what;
  return {
    path: history.path,
    verified: {
      startUs,
      endUs,
      recoveryPoint,
      recoveryPointAckUs: ackUs(history, recoveryPoint),
      rowsExpected,
      rowsRestored,
      checksRun: checks.filter((check) => !thrown.some((one) => one.check === check)),
      findings: [...findings],
      thrown: thrown.map(({ check, error }) => ({ check, database: history.path, error })),
      ...(sha256 === null ? {} : { sha256 }),
    },
    ...loss,
    inBandSeq: observation.seq,
    observation,
  };
}

/** What is lost when nothing of a database is back. */
export function everythingLost(
  history: DatabaseHistory,
  killUs: number,
): Pick<VerifiedDatabase, 'lostWrites' | 'lostWriteAgesMs'> {
  const acknowledged = history.writes
    .filter((write) => write.fate === 'acknowledged')
    .map((write) => write.seq);
  return lossOf(history, killUs, [baseSeq(history), ...acknowledged]);
}

function lossOf(
  history: DatabaseHistory,
  killUs: number,
  lost: readonly number[],
): Pick<VerifiedDatabase, 'lostWrites' | 'lostWriteAgesMs'> {
  // A removed database cannot lose anything any more.
  if (history.deletedUs !== null) return { lostWrites: [], lostWriteAgesMs: [] };
  const lostWrites = [...new Set(lost)].toSorted((a, b) => a - b);
  const ages = lostWrites.map((seq) =>
    Math.max(0, (killUs - (writeAt(history, seq)?.atUs ?? history.base.at)) / 1000),
  );
  return { lostWrites, lostWriteAgesMs: ages.toSorted((a, b) => b - a) };
}

/** The acknowledgement of the write at `seq`, or of the last one before it when that one's fate is unknown. */
function ackUs(history: DatabaseHistory, seq: number): number | null {
  return writeAt(history, seq)?.atUs ?? writeAt(history, seq - 1)?.atUs ?? null;
}
