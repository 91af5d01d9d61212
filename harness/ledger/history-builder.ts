import { applyEffect, EMPTY_TABLE } from './digest.ts';
import { FileHistoryBuilder } from './file-history.ts';
import type { DatabaseHistory, LedgerWrite, RefusedWrite } from './history.ts';
import type {
  AckRecord,
  BaseRecord,
  BlobRecord,
  HookRecord,
  IntentRecord,
  LedgerRecord,
  RefusedRecord,
  TableState,
  TakenUpRecord,
} from './records.ts';

/** Problems kept in words; what is beyond is counted. */
const PROBLEMS_MAX = 50;

interface OpenHistory {
  readonly base: BaseRecord;
  readonly seeded: boolean;
  readonly writes: LedgerWrite[];
  readonly refusedWrites: RefusedWrite[];
  readonly tables: Map<string, TableState>;
  readonly files: FileHistoryBuilder;
  intent: IntentRecord | null;
  deletedUs: number | null;
}

/** Puts the records of a ledger together, one after the other, and notes whatever does not fit. */
export class HistoryBuilder {
  readonly #ledgerDir: string;
  readonly #current = new Map<string, OpenHistory>();
  readonly #earlier: DatabaseHistory[] = [];
  readonly #ids = new Map<string, string>();
  readonly #latenciesUs: number[] = [];
  readonly #problems: string[] = [];
  #problemCount = 0;
  #file = '';
  #ended = false;

  constructor(ledgerDir: string) {
    this.#ledgerDir = ledgerDir;
  }

  beginFile(file: string): void {
    this.#file = file;
    this.#ended = false;
  }

  problem(text: string): void {
    if (++this.#problemCount <= PROBLEMS_MAX) this.#problems.push(text);
  }

  /** Takes one record. `place` is `file:line`, for the words of a problem. */
  add(record: LedgerRecord, place: string): void {
    if (this.#ended) return this.problem(`${place}: a record after the writer's end`);
    switch (record.t) {
      case 'end':
        this.#ended = true;
        return;
      case 'base':
        return this.#base(record, place);
      case 'intent':
        return this.#intent(record, place);
      case 'ack':
        return this.#ack(record, place);
      case 'refused':
        return this.#refused(record, place);
      case 'gone': {
        const history = this.#open(record.db, place);
        if (history !== null) history.deletedUs = record.at;
        return;
      }
      case 'taken-up':
        return this.#takenUp(record, place);
      case 'blob-put':
      case 'blob-stored':
      case 'blob-refused':
      case 'blob-deleted':
      case 'hook':
        return this.#outsideDatabase(record, place);
      default:
        record satisfies never;
        this.problem(`${place}: an unknown kind of record`);
    }
  }

  finish(): {
    readonly histories: Map<string, DatabaseHistory>;
    readonly earlier: readonly DatabaseHistory[];
    readonly latenciesUs: number[];
    readonly problems: readonly string[];
  } {
    const histories = new Map<string, DatabaseHistory>();
    for (const [path, history] of this.#current) histories.set(path, this.#close(history));
    const more = this.#problemCount - this.#problems.length;
    return {
      histories,
      earlier: this.#earlier,
      latenciesUs: this.#latenciesUs,
      problems: more > 0 ? [...this.#problems, `and ${more} more problems`] : this.#problems,
    };
  }

  #base(record: BaseRecord, place: string): void {
    const before = this.#current.get(record.db);
    if (before !== undefined && before.deletedUs === null)
      return this.problem(`${place}: ${record.db} begins a second time`);
    if (before !== undefined && record.epoch <= before.base.epoch)
      this.problem(`${place}: ${record.db} begins again with epoch ${record.epoch}`);
    const namesake = this.#ids.get(record.id);
    // In a second life the ids are what the restore gave back: two of one kind are its fault, not the ledger's.
    if (namesake !== undefined && record.seq === undefined)
      this.problem(`${place}: ${record.db} has the database id of ${namesake}`);
    if (before !== undefined) this.#earlier.push(this.#close(before));
    this.#ids.set(record.id, record.db);
    this.#current.set(record.db, {
      base: record,
      seeded: this.#file === 'seed.ndjson',
      writes: [],
      refusedWrites: [],
      tables: new Map(Object.entries(record.tables)),
      files: new FileHistoryBuilder(),
      intent: null,
      deletedUs: null,
    });
  }

  #intent(record: IntentRecord, place: string): void {
    const history = this.#open(record.db, place);
    if (history === null) return;
    if (history.intent !== null) {
      this.problem(
        `${place}: ${record.db} begins write ${record.seq} while the fate of write ${history.intent.seq} is open`,
      );
    }
    const next = (history.base.seq ?? 0) + history.writes.length + 1;
    if (record.seq !== next)
      this.problem(`${place}: ${record.db} begins write ${record.seq}, ${next} was to come`);
    history.intent = record;
  }

  #ack(record: AckRecord, place: string): void {
    const history = this.#open(record.db, place);
    if (history === null) return;
    const { intent } = history;
    if (intent === null || intent.seq !== record.seq) {
      return this.problem(`${place}: ${record.db} acknowledges write ${record.seq}, which has no intent`);
    }
    const tables = this.#accept(history, intent, record.at, place);
    for (const [table, [rows, digest]] of Object.entries(tables)) {
      const said = record.tables[table];
      if (said === undefined || said[0] !== rows || said[1] !== digest) {
        this.problem(
          `${place}: ${record.db} write ${record.seq}: the acknowledged state of ${table} is not base plus effects`,
        );
      }
    }
    this.#latenciesUs.push(record.at - intent.due);
  }

  /** The write is in the database. Returns what the tables that it touched hold after it. */
  #accept(
    history: OpenHistory,
    intent: IntentRecord,
    atUs: number,
    place: string,
  ): Record<string, TableState> {
    history.intent = null;
    const tables = this.#after(history, intent, place);
    for (const [table, state] of Object.entries(tables)) history.tables.set(table, state);
    for (const table of intent.dropped ?? []) history.tables.delete(table);
    history.writes.push(writeOf(intent, tables, atUs));
    return tables;
  }

  /** What a killed writer left open is decided by the database itself; nothing else may differ from what was noted. */
  #takenUp({ db, seq, at }: TakenUpRecord, place: string): void {
    const history = this.#open(db, place);
    if (history === null) return;
    const { intent } = history;
    if (intent !== null && seq === intent.seq) this.#accept(history, intent, at, place);
    else if (intent !== null) {
      // It never came to its commit.
      history.intent = null;
      history.refusedWrites.push({ seq: intent.seq, kind: intent.kind, effects: intent.effects });
    }
    const last = (history.base.seq ?? 0) + history.writes.length;
    if (seq !== last) {
      this.problem(`${place}: ${db} is taken up at write ${seq}, and ${last} was the last one noted`);
    }
  }

  #refused(record: RefusedRecord, place: string): void {
    const history = this.#open(record.db, place);
    if (history === null) return;
    const { intent } = history;
    if (intent === null || intent.seq !== record.seq) {
      return this.problem(`${place}: ${record.db} refuses write ${record.seq}, which has no intent`);
    }
    history.intent = null;
    history.refusedWrites.push({ seq: intent.seq, kind: intent.kind, effects: intent.effects });
  }

  /** Blobs and hooks outlive their app's database: a put may end, and a hook be saved, after it was removed. */
  #outsideDatabase(record: BlobRecord | HookRecord, place: string): void {
    const history = this.#current.get(record.db);
    if (history === undefined) return this.problem(`${place}: ${record.db} has no base record`);
    const seeded = this.#file === 'seed.ndjson';
    const wrong =
      record.t === 'hook' ? history.files.addHook(record, seeded) : history.files.addBlob(record, seeded);
    if (wrong !== null) this.problem(`${place}: ${record.db} ${wrong}`);
  }

  #open(path: string, place: string): OpenHistory | null {
    const history = this.#current.get(path);
    if (history === undefined) this.problem(`${place}: ${path} has no base record`);
    else if (history.deletedUs !== null) this.problem(`${place}: ${path} was removed before`);
    else return history;
    return null;
  }

  /** What the tables touched by a write hold after it. */
  #after(history: OpenHistory, intent: IntentRecord, place: string): Record<string, TableState> {
    const after: Record<string, TableState> = {};
    for (const table of intent.created ?? []) after[table] = EMPTY_TABLE;
    for (const [table, , before, now] of intent.effects) {
      const state = after[table] ?? history.tables.get(table);
      if (state === undefined)
        this.problem(`${place}: ${intent.db} write ${intent.seq} touches ${table}, which is not there`);
      else after[table] = applyEffect(state, before, now);
    }
    for (const table of intent.dropped ?? []) delete after[table];
    return after;
  }

  #close(history: OpenHistory): DatabaseHistory {
    const { base, seeded, writes, refusedWrites, deletedUs, intent, files } = history;
    if (intent !== null) writes.push(writeOf(intent, this.#after(history, intent, base.db), null));
    return {
      path: base.db,
      ledgerDir: this.#ledgerDir,
      base,
      seeded,
      writes,
      refused: refusedWrites.length,
      refusedWrites,
      deletedUs,
      blobs: files.blobs,
      hooks: files.hooks,
    };
  }
}

function writeOf(intent: IntentRecord, tables: Record<string, TableState>, atUs: number | null): LedgerWrite {
  return {
    seq: intent.seq,
    kind: intent.kind,
    fate: atUs === null ? 'unknown' : 'acknowledged',
    atUs,
    dueUs: intent.due,
    effects: intent.effects,
    schema: intent.schema ?? null,
    created: intent.created ?? [],
    dropped: intent.dropped ?? [],
    tables,
  };
}
