/** Tables in a database of RustBaas that are not RustBaas' own. */

/** Litestream's tables, by name, as Litestream 0.3 makes them: anything else of that name is not Litestream's. */
export const LITESTREAM_TABLES: ReadonlyMap<string, string> = new Map([
  ['_litestream_seq', 'CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)'],
  ['_litestream_lock', 'CREATE TABLE _litestream_lock (id INTEGER)'],
]);

const IN_BAND_TABLES: readonly string[] = ['_drill_identity', '_drill_state', '_drill_tables'];

/** Whether a table holds what RustBaas keeps. By its exact name: a prefix would hide whatever is called so. */
export function isContentTable(name: string): boolean {
  // SQLite itself refuses this prefix to everyone else.
  return !LITESTREAM_TABLES.has(name) && !IN_BAND_TABLES.includes(name) && !name.startsWith('sqlite_');
}
