import Sqlite from 'better-sqlite3';
import type { Database, Statement } from 'better-sqlite3';
import { monotonicUs } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { applyPragmas } from '../fleet/pragmas.ts';
import { readInBand } from '../fleet/in-band.ts';
import type { LedgerFile } from '../ledger/ledger-file.ts';
import type { TableState, WriteKind } from '../ledger/records.ts';
import { Account, tableState } from './account.ts';
import { isRefusal } from './refusal.ts';
import { OpenTables } from './open-tables.ts';
import type { FormatReal } from './row-encoding.ts';
import { WriteTransaction } from './write-transaction.ts';
import type { Writing } from './write-transaction.ts';

export interface TrackedOptions {
  readonly file: string;
  /** Relative to data_dir. */
  readonly path: string;
  readonly life: number;
  readonly ledger: LedgerFile;
  readonly formatReal: FormatReal;
  /** What is known from an earlier handle; null: read it from the database. */
  readonly account: Account | null;
  /** Left out: nobody else writes to it. */
  readonly shared?: Sharing | undefined;
  /** The application checkpoints by itself at so many pages, 0: never; left out: as RustBaas does. */
  readonly walAutocheckpointPages?: number | undefined;
}

/** Of a database that other processes write to as well. */
export interface Sharing {
  /** Who this is; '' is the application's own writer. */
  readonly by: string;
  /** So long it keeps the write lock in each write. */
  readonly holdMs: number;
}

/** An open database as the operations see it. */
export interface OpenDatabase {
  readonly db: Database;
  /** Relative to data_dir. */
  readonly path: string;
  readonly account: Account;
  /** One write. True: acknowledged. False: the database refused it and is as before. */
  write(kind: WriteKind, dueUs: number, body: (transaction: Writing) => void): boolean;
  /** The file was rewritten: what is remembered of its rows may lie elsewhere now. */
  forgetRows(): void;
  close(): void;
}

/**
 * An open database whose every write is noted in the ledger and in the database itself: begin, the rows, the
 * in-band state, the intent, COMMIT, the acknowledgement.
 */
export class TrackedDatabase implements OpenDatabase {
  readonly db: Database;
  readonly path: string;
  readonly account: Account;
  readonly #life: number;
  readonly #ledger: LedgerFile;
  readonly #tables: OpenTables;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #setSeq: Statement;
  readonly #addTable: Statement;
  readonly #setTable: Statement;
  readonly #forgetTable: Statement;
  readonly #shared: Sharing | null;
  readonly #dataVersion: Statement;
  #version: unknown = null;

  constructor(options: TrackedOptions) {
    this.path = options.path;
    this.#life = options.life;
    this.#ledger = options.ledger;
    this.#shared = options.shared ?? null;
    this.db = new Sqlite(options.file, { fileMustExist: true });
    this.#tables = new OpenTables(this.db, options.formatReal);
    try {
      applyPragmas(this.db, options.walAutocheckpointPages);
      this.account = options.account ?? new Account(readInBand(this.db));
      this.#begin = this.db.prepare('BEGIN IMMEDIATE');
      this.#commit = this.db.prepare('COMMIT');
      this.#setSeq = this.db.prepare('UPDATE _drill_state SET seq = ?, life = ? WHERE id = 1');
      this.#addTable = this.db.prepare('INSERT INTO _drill_tables VALUES (?, ?, ?)');
      this.#setTable = this.db.prepare('UPDATE _drill_tables SET rows = ?, digest = ? WHERE name = ?');
      this.#dataVersion = this.db.prepare('PRAGMA data_version').pluck();
      this.#forgetTable = this.db.prepare('DELETE FROM _drill_tables WHERE name = ?');
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  write(kind: WriteKind, dueUs: number, body: (transaction: Writing) => void): boolean {
    const transaction = new WriteTransaction(this.db, this.account, this.#tables);
    const tables: Record<string, TableState> = {};
    let seq = this.account.seq + 1;
    let intended = false;
    try {
      this.#begin.run();
      if (this.#shared !== null) {
        this.#seeOthers();
        seq = this.account.seq + 1;
      }
      body(transaction);
      transaction.noteFullText();
      if (this.#shared !== null) holdLock(this.#shared.holdMs);
      this.#writeInBand(seq, transaction, tables);
      this.#intend(kind, seq, dueUs, transaction);
      intended = true;
      this.#commit.run();
    } catch (error) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      if (!isRefusal(error)) throw error;
      this.#tables.forgetAll();
      this.#refuse({ kind, seq, dueUs, intended, error });
      return false;
    }
    const at = monotonicUs();
    this.#ledger.append({ t: 'ack', db: this.path, seq, at, tables, ...this.#author() });
    this.#accept(seq, transaction);
    return true;
  }

  forgetRows(): void {
    this.#tables.forgetAll();
  }

  close(): void {
    this.db.close();
  }

  /** With the write lock in hand: what other processes have written since is what this one goes on from. */
  #seeOthers(): void {
    const version = this.#dataVersion.get();
    if (version === this.#version) return;
    this.#version = version;
    this.account.takeOver(readInBand(this.db));
  }

  #author(): { readonly by?: string } {
    const by = this.#shared?.by ?? '';
    return by === '' ? {} : { by };
  }

  #writeInBand(seq: number, transaction: WriteTransaction, tables: Record<string, TableState>): void {
    for (const table of transaction.dropped) {
      transaction.states.delete(table);
      this.#forgetTable.run(table);
    }
    for (const [table, sum] of transaction.states) {
      const state = tableState(sum);
      tables[table] = state;
      if (this.account.tables.has(table)) this.#setTable.run(state[0], state[1], table);
      else this.#addTable.run(table, state[0], state[1]);
    }
    this.#setSeq.run(seq, this.#life);
  }

  #intend(kind: WriteKind, seq: number, dueUs: number, transaction: WriteTransaction): void {
    const { effects, schema, created, dropped } = transaction;
    this.#ledger.append({
      t: 'intent',
      db: this.path,
      seq,
      kind,
      due: dueUs,
      effects,
      ...(schema === null ? {} : { schema }),
      ...(created.length === 0 ? {} : { created }),
      ...(dropped.length === 0 ? {} : { dropped }),
      ...(this.#shared === null ? {} : { at: monotonicUs(), ...this.#author() }),
    });
  }

  #refuse(refused: { kind: WriteKind; seq: number; dueUs: number; intended: boolean; error: unknown }): void {
    const { kind, seq, dueUs, intended, error } = refused;
    const { path: db } = this;
    const at = monotonicUs();
    if (!intended && this.#shared !== null) {
      this.#ledger.append({ t: 'turned-away', db, kind, at, error: messageOf(error) });
      return;
    }
    // A write that was refused before its intent was known still was begun: it would have touched nothing.
    if (!intended) this.#ledger.append({ t: 'intent', db, seq, kind, due: dueUs, effects: [] });
    this.#ledger.append({ t: 'refused', db, seq, at, error: messageOf(error), ...this.#author() });
  }

  #accept(seq: number, transaction: WriteTransaction): void {
    this.account.seq = seq;
    for (const table of transaction.dropped) this.account.tables.delete(table);
    for (const [table, sum] of transaction.states) this.account.tables.set(table, sum);
  }
}

function holdLock(ms: number): void {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
