import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { BUSY_TIMEOUT_MS } from '../fleet/pragmas.ts';
import type { LivingFleet } from './living-fleet.ts';
import { isLocked, isRefusal } from './refusal.ts';
import { replaceDatabase } from './replace-database.ts';
import type { Session } from './session.ts';
import { recreateApp } from './tenant-operations.ts';

/** What the application is told to do to its own database files, besides its writes. */
export const orderSchema = z.strictObject({
  /** Names it in the answer. */
  order: z.string(),
  act: z.enum([
    'checkpoint-truncate',
    'checkpoint-restart',
    'vacuum',
    'journal-mode-delete',
    'journal-mode-wal',
    'recreate',
    'replace-by-rename',
    'replace-by-copy',
  ]),
  /** Of apps, relative to data_dir. */
  paths: z.array(z.string()),
  /** For recreate and replace: the epoch of what comes. */
  epoch: z.number().int().min(2).default(2),
  /** For replace: where the ledger lies. */
  ledgerDir: z.string().default(''),
  /** How long it waits for a lock. */
  busyMs: z.number().int().min(0).default(BUSY_TIMEOUT_MS),
});
export type Order = z.output<typeof orderSchema>;

export interface OrderAnswer {
  readonly order: string;
  /** Databases in which it was seen to have happened. */
  readonly done: number;
  /** Databases in which a lock of somebody else kept it from its end; of those that failed. */
  readonly kept: number;
  /** The others, and why. */
  readonly failed: readonly string[];
}

/** Does it in each database, between two writes. */
export function obey(session: Session, fleet: LivingFleet, order: Order): OrderAnswer {
  const failed: string[] = [];
  let kept = 0;
  for (const path of order.paths) {
    const failure = attempt(session, fleet, order, path);
    if (failure === null) continue;
    failed.push(`${path}: ${failure.why}`);
    if (failure.isKept) kept++;
  }
  return { order: order.order, done: order.paths.length - failed.length, kept, failed };
}

/** Why it was not done, or not seen to be. */
interface Failure {
  readonly why: string;
  readonly isKept: boolean;
}

/** null: it is done, and was seen to be. A mistake of our own is no answer, and ends the writer. */
function attempt(session: Session, fleet: LivingFleet, order: Order, path: string): Failure | null {
  const { db } = session.pool.open(path);
  db.pragma(`busy_timeout = ${order.busyMs}`);
  try {
    return act(session, fleet, order, path);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { why: messageOf(error), isKept: isLocked(error) };
  } finally {
    // Closed where another database has come into its place.
    if (db.open) db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
}

function act(session: Session, fleet: LivingFleet, order: Order, path: string): Failure | null {
  switch (order.act) {
    case 'checkpoint-truncate':
      return checkpoint(session, path, 'TRUNCATE');
    case 'checkpoint-restart':
      return checkpoint(session, path, 'RESTART');
    case 'vacuum':
      return vacuum(session, path);
    case 'journal-mode-delete':
      return journalMode(session, path, 'delete');
    case 'journal-mode-wal':
      return journalMode(session, path, 'wal');
    case 'recreate': {
      const [, realm = '', , app = ''] = path.split('/');
      return failure(recreateApp(session, fleet, { realm, app, epoch: order.epoch }) ? null : 'refused');
    }
    case 'replace-by-rename':
      return failure(replaceDatabase(session, path, { ...order, by: 'rename' }));
    case 'replace-by-copy':
      return failure(replaceDatabase(session, path, { ...order, by: 'copy' }));
    default:
      return order.act satisfies never;
  }
}

function failure(why: string | null): Failure | null {
  return why === null ? null : { why, isKept: false };
}

function checkpoint(session: Session, path: string, mode: 'TRUNCATE' | 'RESTART'): Failure | null {
  const { db } = session.pool.open(path);
  const [answer] = db.pragma(`wal_checkpoint(${mode})`) as { busy: number; log: number }[];
  if (answer?.busy !== 0)
    return { why: `the checkpoint was kept from its end (busy ${answer?.busy})`, isKept: true };
  const wal = join(session.dataDir, `${path}-wal`);
  const walBytes = existsSync(wal) ? statSync(wal).size : 0;
  return failure(mode === 'TRUNCATE' && walBytes > 0 ? `the WAL has ${walBytes} bytes` : null);
}

/** It adds one to the schema cookie, and nothing else does that without a change of the schema. */
function vacuum(session: Session, path: string): Failure | null {
  const database = session.pool.open(path);
  const cookie = (): unknown => database.db.pragma('schema_version', { simple: true });
  const before = cookie();
  database.db.exec('VACUUM');
  database.forgetRows();
  return failure(cookie() === before ? 'its schema cookie is as before' : null);
}

function journalMode(session: Session, path: string, mode: 'delete' | 'wal'): Failure | null {
  const { db } = session.pool.open(path);
  const answer = db.pragma(`journal_mode = ${mode}`, { simple: true });
  if (answer !== mode) return failure(`it stays in mode ${String(answer)}`);
  // Not its header: closing any descriptor of the file would drop the locks that this process has on it.
  const hasWal = existsSync(join(session.dataDir, `${path}-wal`));
  return failure(mode === 'delete' && hasWal ? 'its WAL is still there' : null);
}
