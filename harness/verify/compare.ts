import type { Finding } from '../evidence/checks.ts';
import type { DatabaseHistory } from '../ledger/history.ts';
import { baseSeq, type ExpectedState, lastSeq, stateAt, writesUpTo } from '../ledger/history-state.ts';
import type { TableState } from '../ledger/records.ts';
import { beyondFindings, holeFindings } from './contiguity.ts';
import { inBandFindings } from './in-band.ts';
import type { Observation } from './observation.ts';
import type { RowDefect, RowDiff } from './row-diff.ts';
import { contentFindings, isSeq, phantomFindings, rowCountFindings } from './row-findings.ts';
import { missingSchemaWrites, schemaFindings } from './schema.ts';
import { sameState } from './table-state.ts';
import { litestreamFindings } from './litestream-tables.ts';
import { sequenceFindings } from './sequences.ts';
import type { DiffRows, ObservationContext } from './verify-database.ts';

/** What the ledger says about the content of a file. */
export interface Comparison {
  /** The write whose state the file claims to be in: everything acknowledged after it is lost. */
  readonly reference: number;
  /** Writes up to the reference whose effect is missing; the base counts as one. */
  readonly missing: ReadonlySet<number>;
  readonly findings: readonly Finding[];
}

/** Holds what a file says against the ledger: RustBaas' tables, then those that SQLite and Litestream keep. */
export async function compareWithLedger(
  observation: Observation,
  history: DatabaseHistory,
  context: Pick<ObservationContext, 'life' | 'earlier' | 'diff'>,
): Promise<Comparison> {
  const { life = 1, earlier = null, diff } = context;
  const comparison = await compareContent(observation, history, life, diff);
  const expected = stateAt(history, comparison.reference);
  const lives = earlier === null ? [history] : [earlier, history];
  const findings = [
    ...comparison.findings,
    ...sequenceFindings(observation, history.path, expected, lives),
    ...litestreamFindings(history.path, observation.strayLitestreamRows),
  ];
  return { ...comparison, findings };
}

/**
 * Holds tables, schema and in-band state against the ledger. The in-band seq says which state to expect. Where the
 * tables are not in it, their rows say what is missing, and since which write.
 */
async function compareContent(
  observation: Observation,
  history: DatabaseHistory,
  life: number,
  diffRows: DiffRows,
): Promise<Comparison> {
  const { seq } = observation;
  const inBandSeq = seq !== null && isSeq(seq, history) ? seq : null;
  // Without a usable in-band seq the rows alone tell; an unsound one is a finding of its own.
  const claimed = inBandSeq ?? (seq === null ? baseSeq(history) : lastSeq(history));
  const claimedState = stateAt(history, claimed);
  const inBand = inBandFindings(history.path, observation, claimedState, { base: baseSeq(history), life });
  if (differing(observation, claimedState).size === 0) {
    const schema = schemaFindings(history, observation, claimed);
    const missing = new Set(missingSchemaWrites(history, observation, claimed));
    return {
      reference: claimed,
      missing,
      findings: [...schema, ...phantomFindings(history, observation, []), ...inBand],
    };
  }
  const rows = await explain(observation, history, claimed, diffRows);
  const { reference, defects } = rows;
  const expected = stateAt(history, reference);
  const schemaWrites = missingSchemaWrites(history, observation, reference);
  const tableWrites = missingTableWrites(observation, history, reference, expected);
  const missing = new Set([...rows.missing, ...schemaWrites, ...tableWrites]);
  const holes = new Set([
    ...schemaWrites,
    ...tableWrites,
    ...defects.filter(({ kind }) => kind !== 'wrong').flatMap((row) => row.missingWrites),
  ]);
  const findings = [
    ...schemaFindings(history, observation, reference),
    ...holeFindings(history.path, baseSeq(history), holes, rows.evident),
    ...beyondFindings(history, inBandSeq, reference),
    ...phantomFindings(history, observation, defects),
    ...rowCountFindings(history.path, expected, observation, defects),
    ...contentFindings(history.path, defects),
    ...inBand,
  ];
  // Never silent: a digest that differs while no row does would be a fault of the harness.
  if (findings.length === 0)
    throw new Error('tables differ from the ledger, but no row, table or schema does');
  return { reference, missing, findings };
}

interface Explained {
  readonly reference: number;
  readonly defects: readonly RowDefect[];
  readonly missing: readonly number[];
  readonly evident: ReadonlySet<number>;
}

async function explain(
  observation: Observation,
  history: DatabaseHistory,
  claimed: number,
  diffRows: DiffRows,
): Promise<Explained> {
  const whole = matchingSeq(observation, history, claimed);
  // All tables together are those of a later write: only the in-band state is behind.
  if (whole !== null && whole > claimed)
    return { reference: whole, defects: [], missing: [], evident: new Set() };
  const diff = await diffAt(observation, history, claimed, diffRows);
  const missing = diff.defects.flatMap((row) => row.missingWrites);
  // All tables together are those of an earlier write: everything since is missing, also what left no trace in a row.
  if (whole !== null)
    missing.push(...writesUpTo(history, claimed).flatMap(({ seq }) => (seq > whole ? [seq] : [])));
  return { reference: diff.reference, defects: diff.defects, missing, evident: diff.evident };
}

async function diffAt(
  observation: Observation,
  history: DatabaseHistory,
  seq: number,
  diffRows: DiffRows,
): Promise<RowDiff> {
  const tables = differing(observation, stateAt(history, seq));
  const diff = await diffRows(history, tables, seq);
  // A later write is there: hold everything against that one.
  if (diff.reference > seq) return diffAt(observation, history, diff.reference, diffRows);
  const evident = new Set(diff.evident);
  for (const write of writesUpTo(history, seq)) {
    if (write.effects.some(([table]) => !tables.has(table))) evident.add(write.seq);
  }
  return { ...diff, evident };
}

/** Tables that are not in the expected state, missing ones and unexpected ones among them. */
function differing(observation: Observation, expected: ExpectedState): Set<string> {
  const names = new Set([...observation.tables.keys(), ...observation.broken, ...expected.tables.keys()]);
  return new Set(
    [...names].filter((name) => !sameState(observation.tables.get(name), expected.tables.get(name))),
  );
}

/** The write after which all tables were as they are now: the latest one up to `claimed`, else the first one after it. */
function matchingSeq(observation: Observation, history: DatabaseHistory, claimed: number): number | null {
  if (observation.broken.length > 0) return null;
  const wrong = differing(observation, stateAt(history, baseSeq(history)));
  const set = (table: string, state: TableState | undefined): void => {
    if (sameState(observation.tables.get(table), state)) wrong.delete(table);
    else wrong.add(table);
  };
  let before = wrong.size === 0 ? baseSeq(history) : null;
  for (const write of history.writes) {
    if (write.seq > claimed && before !== null) return before;
    for (const [table, state] of Object.entries(write.tables)) set(table, state);
    for (const table of write.dropped) set(table, undefined);
    if (wrong.size > 0) continue;
    if (write.seq > claimed) return write.seq;
    before = write.seq;
  }
  return before;
}

/** Writes that created a table which is not there, or dropped one which is. */
function missingTableWrites(
  observation: Observation,
  history: DatabaseHistory,
  seq: number,
  expected: ExpectedState,
): number[] {
  const there = new Set([...observation.tables.keys(), ...observation.broken]);
  const writes = writesUpTo(history, seq);
  const absent = [...expected.tables.keys()].filter((table) => !there.has(table));
  const surplus = [...there].filter((table) => !expected.tables.has(table));
  return [
    ...absent.map(
      (table) => writes.findLast((write) => write.created.includes(table))?.seq ?? baseSeq(history),
    ),
    ...surplus.flatMap((table) => writes.findLast((write) => write.dropped.includes(table))?.seq ?? []),
  ];
}
