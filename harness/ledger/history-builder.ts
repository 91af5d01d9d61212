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
  /** By who makes them; '' is the application's own writer. */
  readonly intents: Map<string, OpenIntent>;
  deletedUs: number | null;
}

/** A write whose outcome its maker has not noted yet. */
interface OpenIntent {
  readonly intent: IntentRecord;
  /** What another process has seen of it, which had the write lock after it; null: it is open. */
  seen: { readonly write: LedgerWrite } | 'not there' | null;
}

/** Puts the records of a ledger together, one after the other, and notes whatever does not fit. */
export class HistoryBuilder {
  readonly #ledgerDir: string;
  readonly #current = new Map<string, OpenHistory>();
  readonly #earlier: DatabaseHistory[] = [];
  readonly #ids = new Map<string, string>();
  readonly #latenciesUs: number[] = [];
  readonly #endsUs: number[] = [];
  readonly #acknowledgedIn = new Map<string, number>();
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
        this.#endsUs.push(record.at);
        return;
      case 'base':
        return this.#base(record, place);
      case 'intent':
        return this.#intent(record, place);
      case 'ack':
        return this.#ack(record, place);
      case 'refused':
        return this.#refused(record, place);
      case 'turned-away': {
        const history = this.#open(record.db, place);
        history?.refusedWrites.push({ seq: this.#next(history), kind: record.kind, effects: [] });
        return;
      }
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
    readonly endsUs: readonly number[];
    readonly acknowledgedIn: ReadonlyMap<string, number>;
    readonly problems: readonly string[];
  } {
    const histories = new Map<string, DatabaseHistory>();
    for (const [path, history] of this.#current) histories.set(path, this.#close(history));
    const more = this.#problemCount - this.#problems.length;
    return {
      histories,
      earlier: this.#earlier,
      latenciesUs: this.#latenciesUs,
      endsUs: this.#endsUs,
      acknowledgedIn: this.#acknowledgedIn,
      problems: more > 0 ? [...this.#problems, `and ${more} more problems`] : this.#problems,
    };
  }

  #base(record: BaseRecord, place: string): void {
    const before = this.#current.get(record.db);
    if (record.inPlace === true) {
      if (before === undefined || before.deletedUs !== null)
        this.problem(`${place}: ${record.db} takes the place of nothing`);
      else before.deletedUs = record.at;
    }
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
      intents: new Map(),
      deletedUs: null,
    });
  }

  #intent(record: IntentRecord, place: string): void {
    const history = this.#open(record.db, place);
    if (history === null) return;
    const by = record.by ?? '';
    const open = history.intents.get(by);
    if (open !== undefined) {
      this.problem(
        `${place}: ${record.db} begins write ${record.seq} while the fate of write ${open.intent.seq} is open`,
      );
    }
    for (const [other, before] of history.intents) {
      if (other !== by && before.seen === null) this.#seeFate(history, before, record, place);
    }
    const next = this.#next(history);
    if (record.seq !== next)
      this.problem(`${place}: ${record.db} begins write ${record.seq}, ${next} was to come`);
    history.intents.set(by, { intent: record, seen: null });
  }

  /** Whoever begins a write has the lock, and sees in the database what became of the one before. */
  #seeFate(history: OpenHistory, before: OpenIntent, { seq, at, due }: IntentRecord, place: string): void {
    const { intent } = before;
    if (intent.seq < seq) {
      before.seen = { write: this.#accept(history, intent, at ?? due, place) };
    } else {
      before.seen = 'not there';
      history.refusedWrites.push({ seq: intent.seq, kind: intent.kind, effects: intent.effects });
    }
  }

  #next({ base, writes }: OpenHistory): number {
    return (base.seq ?? 0) + writes.length + 1;
  }

  #ack(record: AckRecord, place: string): void {
    if (record.by === undefined)
      this.#acknowledgedIn.set(this.#file, (this.#acknowledgedIn.get(this.#file) ?? 0) + 1);
    const history = this.#open(record.db, place);
    if (history === null) return;
    const open = this.#taken(history, record);
    if (open === null || open.seen === 'not there') {
      return this.problem(`${place}: ${record.db} acknowledges write ${record.seq}, which has no intent`);
    }
    const { intent } = open;
    const write = open.seen?.write ?? this.#accept(history, intent, record.at, place);
    // Seen by another before its maker had noted it: from here on its client knows.
    if (open.seen !== null) Object.assign(write, { atUs: record.at });
    for (const [table, [rows, digest]] of Object.entries(write.tables)) {
      const said = record.tables[table];
      if (said === undefined || said[0] !== rows || said[1] !== digest) {
        this.problem(
          `${place}: ${record.db} write ${record.seq}: the acknowledged state of ${table} is not base plus effects`,
        );
      }
    }
    this.#latenciesUs.push(record.at - intent.due);
  }

  /** The open write of this number by whoever notes what became of it, which is open no more; null: there is none. */
  #taken(history: OpenHistory, { by = '', seq }: AckRecord | RefusedRecord): OpenIntent | null {
    const open = history.intents.get(by);
    if (open === undefined || open.intent.seq !== seq) return null;
    history.intents.delete(by);
    return open;
  }

  /** The write is in the database. */
  #accept(history: OpenHistory, intent: IntentRecord, atUs: number, place: string): LedgerWrite {
    const tables = this.#after(history, intent, place);
    for (const [table, state] of Object.entries(tables)) history.tables.set(table, state);
    for (const table of intent.dropped ?? []) history.tables.delete(table);
    const write = writeOf(intent, tables, atUs);
    history.writes.push(write);
    return write;
  }

  /** What a killed writer left open is decided by the database itself; nothing else may differ from what was noted. */
  #takenUp({ db, seq, at }: TakenUpRecord, place: string): void {
    const history = this.#open(db, place);
    if (history === null) return;
    const intent = history.intents.get('')?.intent;
    history.intents.delete('');
    if (intent !== undefined && seq === intent.seq) this.#accept(history, intent, at, place);
    else if (intent !== undefined) {
      // It never came to its commit.
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
    const open = this.#taken(history, record);
    if (open === null || (open.seen !== null && open.seen !== 'not there')) {
      return this.problem(`${place}: ${record.db} refuses write ${record.seq}, which has no intent`);
    }
    if (open.seen !== null) return; // counted when another process saw it
    const { intent } = open;
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
    const { base, seeded, writes, refusedWrites, deletedUs, intents, files } = history;
    for (const { intent, seen } of intents.values()) {
      if (seen === null) writes.push(writeOf(intent, this.#after(history, intent, base.db), null));
    }
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
