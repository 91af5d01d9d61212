import type { Feature } from '../scenario/shapes.ts';

/**
 * Tables that no collection of RustBaas makes, and that a user of an app makes all the same: its data.db is a SQLite
 * file as any other.
 */
export interface UserTable {
  readonly name: string;
  /** Columns that a row is known by. */
  readonly key: readonly string[];
  readonly sql: string;
}

/** The full-text index of a table, as SQLite's documentation has it: an index without content of its own, and triggers. */
export const FULL_TEXT = {
  /** Whose rows are indexed. */
  table: 'documents',
  columns: ['title', 'body'],
  index: 'documents_search',
  /** Where FTS5 keeps it. Every write to the table changes rows in them. */
  shadows: [
    'documents_search_config',
    'documents_search_data',
    'documents_search_docsize',
    'documents_search_idx',
  ],
} as const;

const DOCUMENTS_SQL = `
CREATE TABLE documents (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL);
CREATE VIRTUAL TABLE documents_search USING fts5(title, body, content='documents', content_rowid='id');
CREATE TRIGGER documents_insert AFTER INSERT ON documents BEGIN
  INSERT INTO documents_search(rowid, title, body) VALUES (new.id, new.title, new.body);
END;
CREATE TRIGGER documents_delete AFTER DELETE ON documents BEGIN
  INSERT INTO documents_search(documents_search, rowid, title, body)
  VALUES ('delete', old.id, old.title, old.body);
END;
CREATE TRIGGER documents_update AFTER UPDATE ON documents BEGIN
  INSERT INTO documents_search(documents_search, rowid, title, body)
  VALUES ('delete', old.id, old.title, old.body);
  INSERT INTO documents_search(rowid, title, body) VALUES (new.id, new.title, new.body);
END;`;

const SETTINGS_SQL = `
CREATE TABLE settings (
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT,
  weight REAL,
  PRIMARY KEY (scope, name)
) WITHOUT ROWID;`;

const LINE_ITEMS_SQL = `
CREATE TABLE line_items (
  id TEXT PRIMARY KEY,
  label TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  unit_cents INTEGER NOT NULL,
  total_cents INTEGER GENERATED ALWAYS AS (quantity * unit_cents) STORED,
  label_key TEXT GENERATED ALWAYS AS (lower(label)) VIRTUAL
);
CREATE INDEX line_items_label ON line_items(label_key);
CREATE VIEW line_totals AS SELECT label_key, sum(total_cents) AS cents FROM line_items GROUP BY label_key;`;

export const FEATURE_TABLES: Readonly<Record<Feature, UserTable>> = {
  fts5: { name: FULL_TEXT.table, key: ['id'], sql: DOCUMENTS_SQL },
  'without-rowid': { name: 'settings', key: ['scope', 'name'], sql: SETTINGS_SQL },
  'generated-columns': { name: 'line_items', key: ['id'], sql: LINE_ITEMS_SQL },
  'large-blobs': {
    name: 'attachments',
    key: ['id'],
    sql: 'CREATE TABLE attachments (id TEXT PRIMARY KEY, name TEXT NOT NULL, bytes BLOB NOT NULL);',
  },
};

/** What makes a database large. */
export const ARCHIVE: UserTable = {
  name: 'archive',
  key: ['id'],
  sql: 'CREATE TABLE archive (id INTEGER PRIMARY KEY, batch TEXT NOT NULL, body TEXT NOT NULL);',
};

/** Every table that a user may have made, shadow tables included. None of them belongs to a collection. */
export const USER_TABLES: ReadonlySet<string> = new Set([
  ...Object.values(FEATURE_TABLES).map(({ name }) => name),
  ...FULL_TEXT.shadows,
  ARCHIVE.name,
]);
