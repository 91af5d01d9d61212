import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { vocabularyFor } from '../fleet/vocabulary.ts';
import type { LedgerRecord } from '../ledger/records.ts';
import { randomFor } from '../random.ts';
import { planDrill } from '../scenario/plan.ts';
import { smallScenario } from './fleet-fixture.ts';
import { HandlePool } from './handle-pool.ts';
import { LivingFleet } from './living-fleet.ts';
import { runLoad } from './load.ts';
import { Session } from './session.ts';

/** A load of ten writes on databases that fail to open in one way, and what it came to. */
async function loadOver(error: Error): Promise<{ session: Session; records: LedgerRecord[] }> {
  const plan = planDrill(smallScenario(), 7);
  const records: LedgerRecord[] = [];
  const session = new Session({
    dataDir: '/none',
    seed: 7,
    writerIndex: 0,
    life: 1,
    random: randomFor(7, 'writer'),
    vocabulary: vocabularyFor(7),
    pool: new HandlePool(() => {
      throw error;
    }),
    ledger: { append: (record) => void records.push(record) },
  });
  await runLoad({
    session,
    fleet: new LivingFleet(plan, 0),
    changes: [],
    writesPerSecond: 500,
    durationMs: 20,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  return { session, records };
}

describe('a write that cannot begin', () => {
  it('is refused where somebody holds the file, and the load goes on', async () => {
    const { session, records } = await loadOver(new Sqlite.SqliteError('database is locked', 'SQLITE_BUSY'));
    expect(session).toMatchObject({ acknowledged: 0, refused: 10 });
    expect(records).toHaveLength(10);
    expect(records[0]).toMatchObject({ t: 'turned-away', kind: 'not-begun', error: 'database is locked' });
  });

  it('ends the writer for any other reason', async () => {
    const gone = new Sqlite.SqliteError('unable to open database file', 'SQLITE_CANTOPEN');
    await expect(loadOver(gone)).rejects.toBe(gone);
    await expect(loadOver(new Error('a bug'))).rejects.toThrow('a bug');
  });
});
