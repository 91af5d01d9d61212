import { setImmediate } from 'node:timers/promises';
import { monotonicUs } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { timestamp } from '../fleet/ids.ts';
import { pageBytesOf, schemaDigest } from '../ledger/digest.ts';
import type { BaseRecord } from '../ledger/records.ts';
import { tableState } from './account.ts';
import type { Session } from './session.ts';
import type { OpenDatabase } from './tracked-database.ts';

export interface FirstWrites {
  readonly acknowledged: number;
  readonly failed: readonly { path: string; error: string }[];
}

/**
 * The new host's first life sign: one small write in every restored database. A database that does not take it is
 * named and never keeps the others waiting.
 */
export async function runFirstWrites(
  session: Session,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<FirstWrites> {
  const failed: { path: string; error: string }[] = [];
  for (const path of paths) {
    if (signal.aborted) break;
    try {
      if (!firstWrite(session, session.pool.open(path))) failed.push({ path, error: 'refused' });
    } catch (error) {
      failed.push({ path, error: messageOf(error) });
    }
    await setImmediate();
  }
  return { acknowledged: session.acknowledged, failed };
}

function firstWrite(session: Session, database: OpenDatabase): boolean {
  session.ledger.append(restoredBase(database));
  session.due(monotonicUs());
  return session.write(database, 'first-write', (transaction) => {
    // A database whose creation the disaster cut short has no audit log yet: its in-band sequence is the write.
    if (!database.account.tables.has('audit_log')) return;
    transaction.insert('audit_log', [null, timestamp(Date.now()), 'drill', 'host.boot', null, null]);
  });
}

/** Where the second life begins: what the restored database says of itself. */
function restoredBase(database: OpenDatabase): BaseRecord {
  const { account, db, path } = database;
  const identity = db.prepare('SELECT database_id, epoch, created_at FROM _drill_identity').get() as {
    database_id: string;
    epoch: number;
    created_at: string;
  };
  return {
    t: 'base',
    db: path,
    id: identity.database_id,
    epoch: identity.epoch,
    createdAt: identity.created_at,
    at: monotonicUs(),
    seq: account.seq,
    tables: Object.fromEntries([...account.tables].map(([name, sum]) => [name, tableState(sum)])),
    schema: schemaDigest(db),
    pageBytes: pageBytesOf(db),
    rows: null,
  };
}
