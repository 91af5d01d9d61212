/** What a check of a scenario's own is given: the restored databases and what had been acknowledged. */
export interface Restored {
  /** Every database that came back, by path. */
  readonly databases: readonly RestoredDatabase[];
  /** Paths of the living databases of the fleet that did not come back. */
  readonly missing: readonly string[];
  /** The database at this path below data_dir; throws when it did not come back. */
  database(path: string): RestoredDatabase;
}

export interface RestoredDatabase {
  /** Relative to data_dir, like `realms/acme/apps/shop/data.db`. */
  readonly path: string;
  readonly kind: 'system' | 'realm' | 'app';
  readonly realm: string | null;
  readonly app: string | null;
  /** Largest k such that writes 1..k are all in it. */
  readonly recoveryPoint: number;
  /** Every write that was acknowledged before the kill, in order. */
  readonly acknowledged: readonly AcknowledgedWrite[];
  /** Opened for reading alone, at its first use. What the check does to it is seen by nobody. */
  readonly db: ReadOnlyDatabase;
}

export interface AcknowledgedWrite {
  readonly seq: number;
  /** What RustBaas did, like `record-create`. */
  readonly kind: string;
  /** Age at the kill. */
  readonly ageMs: number;
  /** Whether it lies within the recovery point. */
  readonly restored: boolean;
  readonly rows: readonly {
    readonly table: string;
    readonly key: string;
    readonly change: 'insert' | 'update' | 'delete';
  }[];
}

/** The reading half of better-sqlite3. */
export interface ReadOnlyDatabase {
  prepare(sql: string): {
    all(...parameters: readonly unknown[]): unknown[];
    get(...parameters: readonly unknown[]): unknown;
    iterate(...parameters: readonly unknown[]): IterableIterator<unknown>;
  };
}

/** One thing that is not as it should be. */
export interface OwnFinding {
  /** Path of the database; left out or null: the fleet. */
  readonly database?: string | null;
  readonly expected: string;
  readonly actual: string;
  readonly detail?: string;
  /** How many rows or whatever it is; 1 where it is left out. */
  readonly count?: number;
}

/**
 * A check of a scenario's own. No finding: the check holds. One that throws, answers something else, takes longer than
 * the scenario's `verifyTimeout`, or opens no database has judged nothing, and the drill is inconclusive.
 */
export type OwnCheck = (restored: Restored) => readonly OwnFinding[] | Promise<readonly OwnFinding[]>;
