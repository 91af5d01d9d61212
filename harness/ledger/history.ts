import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobHistory, HookHistory } from './file-history.ts';
import { HistoryBuilder } from './history-builder.ts';
import { readLines } from './lines.ts';
import type { BaseRecord, Effect, LedgerRecord, TableState, WriteKind } from './records.ts';
import { sealProblems } from './seal.ts';

/** One write of a database that is, or may be, in it. Refused writes are kept apart: they are not. */
export interface LedgerWrite {
  readonly seq: number;
  readonly kind: WriteKind;
  readonly fate: 'acknowledged' | 'unknown';
  /** Instant of the acknowledgement; null when it never came. */
  readonly atUs: number | null;
  readonly dueUs: number;
  readonly effects: readonly Effect[];
  /** Schema digest after it, when it changed the schema. */
  readonly schema: string | null;
  readonly created: readonly string[];
  readonly dropped: readonly string[];
  /** What the touched tables hold after it, by arithmetic; the acknowledgement has been held against it. */
  readonly tables: Readonly<Record<string, TableState>>;
}

export interface RefusedWrite {
  readonly seq: number;
  readonly kind: WriteKind;
  readonly effects: readonly Effect[];
}

/** Everything that the ledger knows of one file at one path. */
export interface DatabaseHistory {
  /** Relative to data_dir. */
  readonly path: string;
  readonly ledgerDir: string;
  readonly base: BaseRecord;
  /** Made by the seeder, not by a write under load. */
  readonly seeded: boolean;
  /** In order and without a gap, from the one after the base on. Only the last one can be `unknown`. */
  readonly writes: readonly LedgerWrite[];
  readonly refused: number;
  readonly refusedWrites: readonly RefusedWrite[];
  /** Instant at which the application had removed the file; null while it lives. */
  readonly deletedUs: number | null;
  /** By file id; an app's alone. */
  readonly blobs: ReadonlyMap<string, BlobHistory>;
  /** By file name; an app's alone. */
  readonly hooks: ReadonlyMap<string, HookHistory>;
}

/** Latencies from the schedule's due instant to the acknowledgement, nearest rank. */
export interface Latencies {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface Ledger {
  readonly dir: string;
  /** The newest history of each path; look at `deletedUs`. */
  readonly databases: ReadonlyMap<string, DatabaseHistory>;
  /** Histories of files that were removed and made anew at the same path. */
  readonly earlier: readonly DatabaseHistory[];
  readonly acknowledged: number;
  /** Instants at which writers ended by themselves; one that was killed says nothing of it. */
  readonly endsUs: readonly number[];
  /** By file name: the acknowledgements that the application's own writer noted in it. */
  readonly acknowledgedIn: ReadonlyMap<string, number>;
  readonly latencyMs: Latencies | null;
  /** What instants of this ledger can be wrong by: they are cut to whole microseconds. */
  readonly clockUncertaintyMs: number;
  /** Damage of the ledger itself: with any of them nothing can be proved by it. */
  readonly problems: readonly string[];
}

const SEED = 'seed.ndjson';
const CLOCK_UNCERTAINTY_MS = 0.001;

/**
 * Reads a ledger folder: `seed.ndjson`, then every `writer-<n>.ndjson`. A torn last line of a writer is what SIGKILL leaves
 * and counts as not written. Anything else that does not fit together is a problem: a gap, an acknowledgement without an
 * intent, table states that arithmetic does not confirm, a file that is not as it was sealed.
 */
export async function readLedger(ledgerDir: string): Promise<Ledger> {
  const builder = new HistoryBuilder(ledgerDir);
  const names = await readdir(ledgerDir).catch(() => []);
  const files = names
    .filter((name) => name === SEED || /^writer-\d+\.ndjson$/.test(name))
    .toSorted(bySeedThenNumber);
  if (files.length === 0) builder.problem('the ledger folder holds no ledger file');
  for (const file of files) await readInto(builder, ledgerDir, file);
  for (const problem of await sealProblems(ledgerDir)) builder.problem(problem);
  const { histories, earlier, latenciesUs, endsUs, acknowledgedIn, problems } = builder.finish();
  return {
    dir: ledgerDir,
    databases: histories,
    earlier,
    acknowledged: latenciesUs.length,
    endsUs,
    acknowledgedIn,
    latencyMs: latencies(latenciesUs),
    clockUncertaintyMs: CLOCK_UNCERTAINTY_MS,
    problems,
  };
}

async function readInto(builder: HistoryBuilder, ledgerDir: string, file: string): Promise<void> {
  builder.beginFile(file);
  let number = 0;
  for await (const batch of readLines(join(ledgerDir, file))) {
    for (const line of batch.lines) {
      number++;
      const record = parseRecord(line);
      if (record === null) builder.problem(`${file}:${number}: not a ledger record`);
      else builder.add(record, `${file}:${number}`);
    }
    // Nobody kills the seeding: databases that it made are not in the ledger then.
    if (batch.torn !== null && file === SEED) builder.problem(`${file}: its last line is cut off`);
  }
}

function parseRecord(line: string): LedgerRecord | null {
  try {
    const value = JSON.parse(line) as Partial<LedgerRecord> | null;
    if (value === null || typeof value !== 'object') return null;
    if (value.t === 'end') return value as LedgerRecord;
    return typeof value.t === 'string' && 'db' in value && typeof value.db === 'string'
      ? (value as LedgerRecord)
      : null;
  } catch {
    return null;
  }
}

/** Order of reading: the seed first, then the writers by number. */
function bySeedThenNumber(a: string, b: string): number {
  return orderOf(a) - orderOf(b);
}

function orderOf(name: string): number {
  return name === SEED ? -1 : Number(name.replace(/\D/g, ''));
}

function latencies(latenciesUs: number[]): Latencies | null {
  if (latenciesUs.length === 0) return null;
  const sorted = latenciesUs.toSorted((a, b) => a - b);
  const rank = (share: number): number =>
    (sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0) / 1000;
  return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: rank(1) };
}
