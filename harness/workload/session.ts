import { monotonicUs } from '../clock.ts';
import { uuidV7, timestamp } from '../fleet/ids.ts';
import type { RowContext } from '../fleet/field-values.ts';
import type { Vocabulary } from '../fleet/vocabulary.ts';
import type { LedgerFile } from '../ledger/ledger-file.ts';
import type { WriteKind } from '../ledger/records.ts';
import type { Random } from '../random.ts';
import { AppModel } from './app-model.ts';
import { type BlobBackend, localBlobs } from './blob-backend.ts';
import type { HandlePool } from './handle-pool.ts';
import type { OpenDatabase } from './tracked-database.ts';
import type { Writing } from './write-transaction.ts';

export interface SessionOptions {
  readonly dataDir: string;
  /** Where the ledger lies: what is put into place with rows in it has a baseline there. Default: nothing is. */
  readonly ledgerDir?: string;
  readonly seed: number;
  readonly writerIndex: number;
  readonly life: number;
  /** Writers of this life that were killed before this one. */
  readonly predecessors?: number;
  readonly random: Random;
  readonly vocabulary: Vocabulary;
  readonly pool: HandlePool;
  readonly ledger: LedgerFile;
  /** Default: beside the databases. */
  readonly blobs?: BlobBackend;
  /** Sizes of the blobs that are uploaded; default: small ones. */
  readonly blobBytes?: { readonly min: number; readonly max: number };
  /** Size that a record is filled up to; absent: as long as its words. */
  readonly recordBytes?: number | undefined;
  /** Size of the largest blob in a table; absent: there are none. */
  readonly largeBlobBytes?: number | undefined;
}

/** What the operations of one writer share. */
export class Session {
  readonly dataDir: string;
  readonly ledgerDir: string;
  readonly seed: number;
  readonly random: Random;
  readonly vocabulary: Vocabulary;
  readonly pool: HandlePool;
  readonly ledger: LedgerFile;
  readonly blobs: BlobBackend;
  readonly blobBytes: { readonly min: number; readonly max: number };
  readonly largeBlobBytes: number;
  acknowledged = 0;
  refused = 0;
  readonly #models = new Map<string, AppModel>();
  readonly #tag: string;
  readonly #recordBytes: number | undefined;
  #rows = 0;
  /** When the write to come was due; null: it follows another of its operation, and is due when that is done. */
  #dueUs: number | null = null;

  constructor(options: SessionOptions) {
    this.dataDir = options.dataDir;
    this.ledgerDir = options.ledgerDir ?? '';
    this.seed = options.seed;
    this.random = options.random;
    this.vocabulary = options.vocabulary;
    this.pool = options.pool;
    this.ledger = options.ledger;
    this.blobs = options.blobs ?? localBlobs(options.dataDir);
    this.blobBytes = options.blobBytes ?? { min: 1, max: 6000 };
    this.largeBlobBytes = options.largeBlobBytes ?? 0;
    this.#recordBytes = options.recordBytes;
    const { writerIndex, life, predecessors = 0 } = options;
    this.#tag = `w${writerIndex}l${life}${predecessors === 0 ? '' : `p${predecessors}`}`;
  }

  /** The next operation falls due at this instant. */
  due(atUs: number): void {
    this.#dueUs = atUs;
  }

  /** One write, counted. False: refused, and the operation that it belongs to ends here. */
  write(database: OpenDatabase, kind: WriteKind, body: (transaction: Writing) => void): boolean {
    const dueUs = this.#dueUs ?? monotonicUs();
    this.#dueUs = null;
    const acknowledged = database.write(kind, dueUs, body);
    if (acknowledged) this.acknowledged++;
    else this.refused++;
    return acknowledged;
  }

  /** A write that was refused before it could begin, counted. */
  turnedAway(path: string, error: string): void {
    this.#dueUs = null;
    this.refused++;
    this.ledger.append({ t: 'turned-away', db: path, kind: 'not-begun', at: monotonicUs(), error });
  }

  /** What is remembered of a database's contents. */
  model(database: OpenDatabase): AppModel {
    let model = this.#models.get(database.path);
    if (model === undefined) {
      model = new AppModel(database, this.#recordBytes);
      this.#models.set(database.path, model);
    }
    return model;
  }

  /** Forgets a database that is gone. */
  forget(path: string): void {
    this.pool.forget(path);
    this.#models.delete(path);
  }

  /** A new id and the instant that belongs to it. */
  newId(): { readonly id: string; readonly at: string } {
    const nowMs = Date.now();
    return { id: uuidV7(nowMs, this.random), at: timestamp(nowMs) };
  }

  /** Different for every row that any writer makes, over both lives. */
  unique(): string {
    return `${this.#tag}-${(this.#rows++).toString(36)}`;
  }

  /** What a new row's values are made from. */
  rowContext(database: OpenDatabase): RowContext {
    const model = this.model(database);
    return {
      random: this.random,
      vocabulary: this.vocabulary,
      unique: this.unique(),
      atMs: Date.now(),
      people: model.collections.has('people') ? model.ids(database, 'people') : [],
      files: model.ids(database, '_files'),
    };
  }
}
