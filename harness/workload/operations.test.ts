import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSchemaJson } from '../fleet/collections.ts';
import { appendAudit, login, rotateToken } from './account-operations.ts';
import { createCollection, deleteCollection, patchCollection } from './collection-operations.ts';
import { livingEqualLedger, seedSmall, sessionOver, smallScenario } from './fleet-fixture.ts';
import type { SeededFleet } from './fleet-fixture.ts';
import { createRecord, deleteRecord, updateRecord } from './record-operations.ts';
import { deleteFile, uploadFile } from './file-operations.ts';
import type { Session } from './session.ts';
import type { OpenDatabase } from './tracked-database.ts';

let fleet: SeededFleet;
let session: Session & Disposable;
let app: OpenDatabase;

beforeEach(async () => {
  fleet = await seedSmall(smallScenario(), 13);
  session = sessionOver(fleet, 13);
  const largest = fleet.plan.databases
    .filter(({ kind }) => kind === 'app')
    .toSorted((a, b) => b.rows - a.rows)[0];
  app = session.pool.open(largest?.path ?? '');
});
afterEach(() => {
  session[Symbol.dispose]();
  fleet[Symbol.dispose]();
});

/** Runs an operation and returns the kinds of the writes that it made. */
function kindsOf(operation: (session: Session, database: OpenDatabase) => void, database = app): string[] {
  const before = livingEqualLedger(fleet).get(database.path)?.kinds.length ?? 0;
  operation(session, database);
  return livingEqualLedger(fleet).get(database.path)?.kinds.slice(before) ?? [];
}

describe('operations', () => {
  it('commit as often as RustBaas does', () => {
    expect(kindsOf(createRecord)).toEqual(['record-create']);
    expect(kindsOf(updateRecord)).toEqual(['record-update']);
    expect(kindsOf(deleteRecord)).toEqual(['record-delete']);
    expect(kindsOf(login)).toEqual(['login']);
    expect(kindsOf(rotateToken)).toEqual(['token-revoke', 'token-issue']);
    expect(kindsOf(appendAudit)).toEqual(['audit']);
    expect(kindsOf(uploadFile)).toEqual(['file-upload']);
    expect(kindsOf(deleteFile)).toEqual(['file-delete']);
    expect(kindsOf(createCollection)).toEqual(['collection-create-table', 'collection-create-row']);
    const patched = kindsOf(patchCollection);
    expect(patched.at(-1)).toBe('collection-patch-row');
    expect(new Set(patched.slice(0, -1))).toEqual(new Set(['collection-alter']));
    expect(kindsOf(deleteCollection)).toEqual(['collection-drop-table', 'collection-delete-row']);
  });

  it('work in realm.db and system.db too', () => {
    for (const path of ['system.db', fleet.plan.databases[1]?.path ?? '']) {
      const database = session.pool.open(path);
      expect(kindsOf(login, database)).toEqual(['login']);
      expect(kindsOf(rotateToken, database)).toEqual(['token-revoke', 'token-issue']);
      expect(kindsOf(appendAudit, database)).toEqual(['audit']);
    }
  });

  it('keep rows and schema right while collections come, change and go between them', () => {
    for (let round = 0; round < 12; round++) {
      createCollection(session, app);
      patchCollection(session, app);
      for (let write = 0; write < 15; write++) {
        createRecord(session, app);
        updateRecord(session, app);
        deleteRecord(session, app);
      }
      if (round % 2 === 0) deleteCollection(session, app);
      // A handle that was closed and opened again goes on from what was remembered.
      session.pool.evict(app.path);
      app = session.pool.open(app.path);
    }
    livingEqualLedger(fleet);
    const rows = app.db.prepare('SELECT schema_json FROM _collections').pluck().all() as string[];
    for (const { id, fields } of rows.map(parseSchemaJson)) {
      const columns = app.db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(id);
      expect(columns.slice(3)).toEqual(fields.map(({ name }) => name));
    }
  });
});
