import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FEATURES } from '../scenario/shapes.ts';
import { createRecord } from './record-operations.ts';
import { livingEqualLedger, seedSmall, sessionOver, smallScenario } from './fleet-fixture.ts';
import type { SeededFleet } from './fleet-fixture.ts';
import type { Session } from './session.ts';
import { createShaped, deleteShaped, pickShaped, shapedTablesOf, updateShaped } from './shape-operations.ts';
import type { OpenDatabase } from './tracked-database.ts';

const PAGE_BYTES = [512, 65_536];

let fleet: SeededFleet;
let session: Session & Disposable;

beforeEach(async () => {
  const shapes = { pageBytes: PAGE_BYTES, features: [...FEATURES], largeBlobBytes: 200_000, bulkMb: 1 };
  fleet = await seedSmall(
    smallScenario({ fleet: { realms: 1, appsPerRealm: 2, rowsPerApp: { min: 30, max: 60 }, shapes } }),
    13,
  );
  session = sessionOver(fleet, 13);
});
afterEach(() => {
  session[Symbol.dispose]();
  fleet[Symbol.dispose]();
});

function apps(): OpenDatabase[] {
  return fleet.plan.databases.filter(({ kind }) => kind === 'app').map(({ path }) => session.pool.open(path));
}

describe("writes to users' own tables", () => {
  it('are seeded in every app, with its page size, and the archive in one', () => {
    const opened = apps();
    expect(opened.map(({ db }) => db.pragma('page_size', { simple: true }))).toEqual(PAGE_BYTES);
    expect(opened.map((app) => shapedTablesOf(app).length)).toEqual(expect.arrayContaining([4, 5]));
    livingEqualLedger(fleet);
  });

  it('are in the ledger row by row, those that triggers make of them included', () => {
    for (let round = 0; round < 40; round++) {
      for (const app of apps()) {
        createRecord(session, app);
        for (const shaped of shapedTablesOf(app)) {
          createShaped(shaped)(session, app);
          updateShaped(shaped)(session, app);
          if (round % 2 === 0) deleteShaped(shaped)(session, app);
        }
        // A handle that is opened again knows nothing of the full-text index.
        if (round % 10 === 9) session.pool.evict(app.path);
      }
    }
    livingEqualLedger(fleet);
    for (const { db } of apps()) {
      db.exec("INSERT INTO documents_search(documents_search, rank) VALUES ('integrity-check', 1)");
    }
  });

  it('leave the ledger right when one is refused between them', () => {
    const [app] = apps();
    if (app === undefined) throw new Error('no app');
    for (const shaped of shapedTablesOf(app)) {
      updateShaped(shaped)(session, app);
      app.db.pragma('query_only = ON');
      updateShaped(shaped)(session, app);
      app.db.pragma('query_only = OFF');
      updateShaped(shaped)(session, app);
      deleteShaped(shaped)(session, app);
    }
    expect(session.refused).toBe(shapedTablesOf(app).length);
    livingEqualLedger(fleet);
  });

  it('go on after the last row of a table is gone', () => {
    const [app] = apps();
    if (app === undefined) throw new Error('no app');
    const blobs = shapedTablesOf(app).filter(({ table }) => table.name === 'attachments');
    for (const shaped of blobs) for (let row = 0; row < 8; row++) deleteShaped(shaped)(session, app);
    livingEqualLedger(fleet);
    expect(app.account.tables.get('attachments')?.rows).toBeLessThan(3);
  });

  it('come for one operation in two, and never where there are no such tables', () => {
    const [app] = apps();
    if (app === undefined) throw new Error('no app');
    const drawn = Array.from({ length: 400 }, () => pickShaped(session, app)).filter((one) => one !== null);
    expect(drawn.length).toBeGreaterThan(150);
    expect(drawn.length).toBeLessThan(250);
    expect(pickShaped(session, session.pool.open('system.db'))).toBeNull();
  });
});
