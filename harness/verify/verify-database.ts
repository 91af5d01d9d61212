import { tmpdir } from 'node:os';
import { messageOf } from '../errors.ts';
import { type CheckId, DATABASE_CHECK_IDS, type Finding, type Verified } from '../evidence.ts';
import type { DatabaseHistory } from '../ledger/history.ts';
import { type BaselineSource, baseSeq, lastSeq, stateAt, writeAt } from '../ledger/history-state.ts';
import { type Comparison, compareWithLedger } from './compare.ts';
import { foreignKeyFindings } from './foreign-keys.ts';
import { identityFindings, isAnotherDatabase } from './identity.ts';
import { integrityFindings } from './integrity.ts';
import type { Observation } from './observation.ts';
import { observeDatabase } from './observe.ts';
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
  readonly diff: DiffRows;
  /** Path of the database with this id; null: no database of the ledger. */
  readonly ownerOf: (id: string) => string | null;
}

/** The same for a file that has been read already. */
export async function judgeObservation(
  observation: Observation,
  context: ObservationContext,
): Promise<VerifiedDatabase> {
  const { history } = context;
  const { path } = history;
  if (observation.unreadable !== null || observation.thrown.some(({ check }) => check === 'integrity')) {
    return unread(observation, context, integrityFindings(path, observation, null), ['integrity']);
  }
  const always = [
    ...identityFindings(history, observation, context.ownerOf),
    ...foreignKeyFindings(path, observation),
  ];
  if (isAnotherDatabase(history, observation)) {
    // Whatever is in it is not this database's: every write of this one is lost.
    const findings = [...always, ...integrityFindings(path, observation, null)];
    return unread(observation, context, findings, ['identity', 'integrity', 'foreign-keys']);
  }
  let comparison: Comparison;
  try {
    comparison = await compareWithLedger(observation, history, context.life ?? 1, context.diff);
  } catch (error) {
    const checks: readonly CheckId[] = ['contiguity', 'no-phantoms', 'row-counts', 'content'];
    const thrown = checks.map((check) => ({ check, error: messageOf(error) }));
    return unread({ ...observation, thrown: [...observation.thrown, ...thrown] }, context, always, [
      'identity',
      'integrity',
      'foreign-keys',
    ]);
  }
  const { reference, missing } = comparison;
  const expected = stateAt(history, reference);
  const findings = [
    ...always,
    ...integrityFindings(path, observation, new Set(expected.tables.keys())),
    ...comparison.findings,
  ];
  const lost = [...missing].filter(
    (seq) => seq === baseSeq(history) || writeAt(history, seq)?.fate === 'acknowledged',
  );
  for (const write of history.writes)
    if (write.seq > reference && write.fate === 'acknowledged') lost.push(write.seq);
  const recoveryPoint = Math.max(
    baseSeq(history),
    Math.min(reference, ...[...missing].map((seq) => seq - 1)),
  );
  return {
    path,
    verified: {
      ...span(observation),
      recoveryPoint,
      recoveryPointAckUs: ackUs(history, recoveryPoint),
      rowsExpected: rowsOf(expected.tables.values()),
      rowsRestored: rowsOf(observation.tables.values()),
      checksRun: ran(DATABASE_CHECK_IDS, observation),
      findings,
      thrown: thrownOf(path, observation),
    },
    ...lossOf(context, lost),
    inBandSeq: observation.seq,
    observation,
  };
}

/** Nothing of the file counts: every acknowledged write is lost, and the base with them. */
function unread(
  observation: Observation,
  context: ObservationContext,
  findings: Finding[],
  checks: readonly CheckId[],
): VerifiedDatabase {
  const { history } = context;
  const base = baseSeq(history);
  return {
    path: history.path,
    verified: {
      ...span(observation),
      recoveryPoint: base,
      recoveryPointAckUs: null,
      rowsExpected: rowsOf(stateAt(history, lastSeq(history)).tables.values()),
      rowsRestored: 0,
      checksRun: ran(checks, observation),
      findings,
      thrown: thrownOf(history.path, observation),
    },
    ...everythingLost(history, context.killUs),
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
  return lossOf({ history, killUs }, [baseSeq(history), ...acknowledged]);
}

function lossOf(
  { history, killUs }: Pick<ObservationContext, 'history' | 'killUs'>,
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

function span({ startUs, endUs }: Observation): { startUs: number; endUs: number } {
  return { startUs, endUs };
}

function ran(checks: readonly CheckId[], observation: Observation): CheckId[] {
  return checks.filter((check) => !observation.thrown.some((thrown) => thrown.check === check));
}

function thrownOf(database: string, observation: Observation): Verified['thrown'] {
  return observation.thrown.map(({ check, error }) => ({ check, database, error }));
}
