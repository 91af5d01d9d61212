/**
 * The ledger: every write that a drill attempted, kept outside the host. One JSON line a record, one file a
 * writer process, written with one synchronous call each, so that SIGKILL cannot take back an acknowledgement.
 *
 * Instants are monotonic microseconds (`clock.ts`). Database names are paths relative to data_dir, with `/`.
 */

/** Row count and multiset digest (64 hex digits, `digest.ts`) of one table. */
export type TableState = readonly [rows: number, digest: string];

/** One row touched by a write: table, row key, row hash before and after (null: no such row). */
export type Effect = readonly [table: string, key: string, before: string | null, after: string | null];

/** A database as it begins: seeded before the host started, or created by a write during the load. seq 0. */
export interface BaseRecord {
  readonly t: 'base';
  readonly db: string;
  /** Identity row: a UUID that no other database has. */
  readonly id: string;
  /** 1 for the first file at this path, 2 after delete-and-recreate, … */
  readonly epoch: number;
  /** As the identity row has it; absent in older ledgers. */
  readonly createdAt?: string;
  readonly at: number;
  /** The last write before this ledger: absent (0), or where a restored database begins its second life. */
  readonly seq?: number;
  readonly tables: Readonly<Record<string, TableState>>;
  /** Schema digest (`digest.ts`). */
  readonly schema: string;
  /** Page size of the file, which the schema digest holds as well; absent in older ledgers. */
  readonly pageBytes?: number;
  /**
   * It has taken the place of a living one, which is gone from `at` on: one record for both, so that no SIGKILL leaves half of
   * it. Absent: there was none, or it has a record of its own.
   */
  readonly inPlace?: true;
  /** File with the row hashes at seq 0, relative to the ledger folder; null when every table is empty. */
  readonly rows: string | null;
}

/** Written before COMMIT. */
export interface IntentRecord {
  readonly t: 'intent';
  readonly db: string;
  readonly seq: number;
  readonly kind: WriteKind;
  /** When the open-loop schedule wanted this write to begin. `ack.at - due` is the latency a client saw. */
  readonly due: number;
  readonly effects: readonly Effect[];
  /** Schema digest after this write, when it changes the schema. */
  readonly schema?: string;
  /** Tables created (with their empty state implied) and dropped by this write. */
  readonly created?: readonly string[];
  readonly dropped?: readonly string[];
  /** Another process than the application's own writer makes it. */
  readonly by?: string;
  /** Where other processes write too: when it was noted, with the write lock in hand. */
  readonly at?: number;
}

/** Written after COMMIT returned. `tables`: the states of the touched tables at that point. */
export interface AckRecord {
  readonly t: 'ack';
  readonly db: string;
  readonly seq: number;
  readonly at: number;
  readonly tables: Readonly<Record<string, TableState>>;
  readonly by?: string;
}

/** The commit failed: the write is not in the database, and its seq will be used again. */
export interface RefusedRecord {
  readonly t: 'refused';
  readonly db: string;
  readonly seq: number;
  readonly at: number;
  readonly error: string;
  readonly by?: string;
}

/** Where other processes write too: a write that was refused before it had the write lock, and so has no seq. */
export interface TurnedAwayRecord {
  readonly t: 'turned-away';
  readonly db: string;
  readonly kind: WriteKind;
  readonly at: number;
  readonly error: string;
}

/** The database's folder was removed by the application (realm or app deleted). */
export interface GoneRecord {
  readonly t: 'gone';
  readonly db: string;
  readonly at: number;
}

/** The blob of a file, noted before it is put where RustBaas keeps blobs. */
export interface BlobPutRecord {
  readonly t: 'blob-put';
  /** The app's database, which has the file's row. */
  readonly db: string;
  /** Of the row in `_files`. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly at: number;
  /** It was there before the database that names it now, and nobody uploads it anew; absent: this is an upload. */
  readonly carriedOver?: true;
}

/** The put returned: only now does an upload's client hear that it is done. */
export interface BlobStoredRecord {
  readonly t: 'blob-stored';
  readonly db: string;
  readonly file: string;
  readonly at: number;
}

/** The put failed: RustBaas leaves the row without its blob. */
export interface BlobRefusedRecord {
  readonly t: 'blob-refused';
  readonly db: string;
  readonly file: string;
  readonly at: number;
  readonly error: string;
}

/** The file was deleted, and its blob is gone as well. RustBaas ignores a blob that does not go: then there is no record. */
export interface BlobDeletedRecord {
  readonly t: 'blob-deleted';
  readonly db: string;
  readonly file: string;
  readonly at: number;
}

export type BlobRecord = BlobPutRecord | BlobStoredRecord | BlobRefusedRecord | BlobDeletedRecord;

/** A hook as it lies on the host: seeded, and then in version control, or saved live through the dashboard. */
export interface HookRecord {
  readonly t: 'hook';
  readonly db: string;
  /** File name in the app's folder of hooks. */
  readonly name: string;
  readonly sha256: string;
  readonly at: number;
}

/**
 * A writer opens a database that one before it was killed at. `seq`: the last write that is in it, by which the fate of
 * the open one is known: in it, and from now on seen by whoever reads, or never made.
 */
export interface TakenUpRecord {
  readonly t: 'taken-up';
  readonly db: string;
  readonly seq: number;
  readonly at: number;
}

/** The last line of a writer that ended by itself. A writer that was killed has none. */
export interface EndRecord {
  readonly t: 'end';
  readonly at: number;
}

export type LedgerRecord =
  | BaseRecord
  | IntentRecord
  | AckRecord
  | RefusedRecord
  | TurnedAwayRecord
  | GoneRecord
  | TakenUpRecord
  | BlobRecord
  | HookRecord
  | EndRecord;

/** What a write does, in RustBaas' words. */
export type WriteKind =
  | 'record-create'
  | 'record-update'
  | 'record-delete'
  | 'login'
  | 'token-revoke'
  | 'token-issue'
  | 'file-upload'
  | 'file-delete'
  | 'collection-create-table'
  | 'collection-create-row'
  | 'collection-drop-table'
  | 'collection-delete-row'
  | 'collection-alter'
  | 'collection-patch-row'
  | 'realm-create'
  | 'realm-delete'
  | 'app-create'
  | 'app-delete'
  | 'audit'
  | 'migration'
  | 'migration-row'
  | 'first-write'
  /** The database could not even be opened or read: which write it would have been was never decided. */
  | 'not-begun';

/** One row hash at seq 0, as a line of a baseline file: `[table, key, hash]`. */
export type BaselineRow = readonly [table: string, key: string, hash: string];
