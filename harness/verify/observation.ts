import type { TableState } from '../ledger/records.ts';
import type { ThrownCheck } from './attempt.ts';
import type { DerivedProblem } from './derived.ts';
import type { ObservedSequence } from './sequences.ts';

/** The identity row of a database. */
export interface ObservedIdentity {
  readonly id: string;
  readonly path: string;
  readonly epoch: number;
  readonly createdAt: string;
}

export interface ObservedCollection {
  readonly id: string;
  readonly schemaJson: string;
}

/** A column as SQLite declares it. */
export interface ObservedColumn {
  readonly name: string;
  readonly type: string;
}

/** What RustBaas' invariants are about; a part whose table is not there or not readable is null. */
export interface ObservedFacts {
  /** Realms (system.db) or apps (realm.db) that the database registers. */
  readonly children: readonly string[] | null;
  readonly migrations: readonly string[] | null;
  readonly policies: readonly (readonly [field: string, json: string])[] | null;
  readonly collections: readonly ObservedCollection[] | null;
  /** Columns of every content table. */
  readonly columns: ReadonlyMap<string, readonly ObservedColumn[]>;
  readonly files: readonly (readonly [id: string, size: number])[] | null;
}

/** Everything that one restored file says, read once, without the ledger. */
export interface Observation {
  readonly startUs: number;
  readonly endUs: number;
  /** Why the file cannot be read at all; null when it can. */
  readonly unreadable: string | null;
  /** Problems that `integrity_check` or a scan named. */
  readonly integrity: readonly string[];
  /** Broken references per table. */
  readonly foreignKeys: readonly (readonly [table: string, count: number])[];
  readonly identities: readonly ObservedIdentity[];
  readonly seq: number | null;
  readonly life: number | null;
  readonly inBand: ReadonlyMap<string, TableState> | null;
  readonly tables: ReadonlyMap<string, TableState>;
  /** Tables whose scan broke off: what stands behind is not known. */
  readonly broken: readonly string[];
  readonly schema: string | null;
  /** Null: it could not be read. */
  readonly pageBytes: number | null;
  /** As the file's header says; null: it could not be read. */
  readonly journalMode: string | null;
  readonly sequences: readonly ObservedSequence[];
  /** Rows in Litestream's own tables that Litestream never leaves. */
  readonly strayLitestreamRows: number;
  /** What SQLite derives from rows and keeps, and what is not what they give now. */
  readonly derived: readonly DerivedProblem[];
  /** `type name` of every schema object, with its SQL. */
  readonly objects: ReadonlyMap<string, string>;
  readonly facts: ObservedFacts;
  readonly thrown: readonly ThrownCheck[];
  /** SHA-256 of the file; null: it could not be read. */
  readonly sha256: string | null;
}

/** No facts: nothing was read, or what was read is another database's. */
export const NO_FACTS: ObservedFacts = {
  children: null,
  migrations: null,
  policies: null,
  collections: null,
  columns: new Map(),
  files: null,
};
