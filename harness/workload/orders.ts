import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import type { LivingFleet } from './living-fleet.ts';
import { isRefusal } from './refusal.ts';
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
});
export type Order = z.output<typeof orderSchema>;

export interface OrderAnswer {
  readonly order: string;
  /** Databases in which it was seen to have happened. */
  readonly done: number;
  /** The others, and why. */
  readonly failed: readonly string[];
}

/** Does it in each database, between two writes. */
export function obey(session: Session, fleet: LivingFleet, order: Order): OrderAnswer {
  const failed: string[] = [];
  for (const path of order.paths) {
    const why = attempt(session, fleet, order, path);
    if (why !== null) failed.push(`${path}: ${why}`);
  }
  return { order: order.order, done: order.paths.length - failed.length, failed };
}

/** null: it is done, and was seen to be; else why not. A mistake of our own is no answer, and ends the writer. */
function attempt(session: Session, fleet: LivingFleet, order: Order, path: string): string | null {
  try {
    return act(session, fleet, order, path);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return messageOf(error);
  }
}

function act(session: Session, fleet: LivingFleet, order: Order, path: string): string | null {
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
      return recreateApp(session, fleet, { realm, app, epoch: order.epoch }) ? null : 'refused';
    }
    case 'replace-by-rename':
      return replaceDatabase(session, path, { ...order, by: 'rename' });
    case 'replace-by-copy':
      return replaceDatabase(session, path, { ...order, by: 'copy' });
    default:
      return order.act satisfies never;
  }
}

function checkpoint(session: Session, path: string, mode: 'TRUNCATE' | 'RESTART'): string | null {
  const { db } = session.pool.open(path);
  const [answer] = db.pragma(`wal_checkpoint(${mode})`) as { busy: number; log: number }[];
  if (answer?.busy !== 0) return `the checkpoint was kept from its end (busy ${answer?.busy})`;
  const wal = join(session.dataDir, `${path}-wal`);
  const walBytes = existsSync(wal) ? statSync(wal).size : 0;
  return mode === 'TRUNCATE' && walBytes > 0 ? `the WAL has ${walBytes} bytes` : null;
}

/** It adds one to the schema cookie, and nothing else does that without a change of the schema. */
function vacuum(session: Session, path: string): string | null {
  const database = session.pool.open(path);
  const cookie = (): unknown => database.db.pragma('schema_version', { simple: true });
  const before = cookie();
  database.db.exec('VACUUM');
  database.forgetRows();
  return cookie() === before ? 'its schema cookie is as before' : null;
}

function journalMode(session: Session, path: string, mode: 'delete' | 'wal'): string | null {
  const { db } = session.pool.open(path);
  const answer = db.pragma(`journal_mode = ${mode}`, { simple: true });
  if (answer !== mode) return `it stays in mode ${String(answer)}`;
  // Not its header: closing any descriptor of the file would drop the locks that this process has on it.
  const hasWal = existsSync(join(session.dataDir, `${path}-wal`));
  return mode === 'delete' && hasWal ? 'its WAL is still there' : null;
}
