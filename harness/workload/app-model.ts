import type { Random } from '../random.ts';
import { parseSchemaJson } from '../fleet/collections.ts';
import type { Collection } from '../fleet/collections.ts';
import { valueMakers } from '../fleet/field-values.ts';
import type { ValueMaker } from '../fleet/field-values.ts';
import { quoteIdentifier } from '../ledger/digest.ts';
import type { OpenDatabase } from './tracked-database.ts';

/** Ids of a table that the writer remembers: enough to choose from, not so many that a large app fills memory. */
const IDS_MAX = 512;

/** A collection with what is needed to make its rows. */
export interface KnownCollection {
  readonly definition: Collection;
  readonly makers: readonly ValueMaker[];
}

/** What a writer remembers of a database's contents, so that it need not ask before each write. */
export class AppModel {
  readonly collections: Map<string, KnownCollection>;
  readonly #ids = new Map<string, string[]>();
  readonly #recordBytes: number | undefined;

  /** Reads the collections of an app; other databases have none. */
  constructor(database: OpenDatabase, recordBytes?: number) {
    this.#recordBytes = recordBytes;
    this.collections = new Map();
    if (!database.account.tables.has('_collections')) return;
    const rows = database.db.prepare('SELECT schema_json FROM _collections ORDER BY id').pluck().all();
    for (const text of rows as string[]) {
      const definition = parseSchemaJson(text);
      // A restore can give back the row without its table.
      if (database.account.tables.has(definition.id)) this.remember(definition);
    }
  }

  /** Takes in a collection that is new or was changed. */
  remember(definition: Collection): void {
    this.collections.set(definition.id, { definition, makers: valueMakers(definition, this.#recordBytes) });
  }

  /** Forgets a collection and its rows. */
  forget(collection: string): void {
    this.collections.delete(collection);
    this.#ids.delete(collection);
  }

  /** Some keys of a table, those that `condition` is true for when they are first asked for. */
  ids(database: OpenDatabase, table: string, keyColumn = 'id', condition = 'true'): string[] {
    let ids = this.#ids.get(table);
    if (ids === undefined) {
      ids = database.db
        .prepare(
          `SELECT ${quoteIdentifier(keyColumn)} FROM ${quoteIdentifier(table)} WHERE ${condition} LIMIT ${IDS_MAX}`,
        )
        .pluck()
        .all() as string[];
      this.#ids.set(table, ids);
    }
    return ids;
  }

  /** Notes a new row; once there are enough, it takes the place of another. */
  add(table: string, id: string, random: Random): void {
    const ids = this.#ids.get(table);
    if (ids === undefined) return;
    if (ids.length < IDS_MAX) ids.push(id);
    else ids[random.int(0, ids.length - 1)] = id;
  }

  /** Notes that a row is gone. */
  remove(table: string, id: string): void {
    const ids = this.#ids.get(table);
    const index = ids?.indexOf(id) ?? -1;
    if (ids === undefined || index < 0) return;
    const last = ids.pop();
    if (last !== undefined && index < ids.length) ids[index] = last;
  }
}
