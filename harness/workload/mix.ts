import { databaseKind } from '../fleet/layout.ts';
import type { DatabaseKind } from '../fleet/layout.ts';
import type { Random } from '../random.ts';
import type { RecordMix } from '../scenario/plan.ts';
import { appendAudit, login, rotateToken } from './account-operations.ts';
import { createCollection, deleteCollection, patchCollection } from './collection-operations.ts';
import { deleteFile, uploadFile } from './file-operations.ts';
import { createRecord, deleteRecord, updateRecord } from './record-operations.ts';
import type { Session } from './session.ts';
import type { OpenDatabase } from './tracked-database.ts';

/** An operation of RustBaas' API: one commit or more. */
export type Operation = (session: Session, database: OpenDatabase) => void;

/** How often each operation comes, in thousandths. Mostly records, schema changes now and then. */
const MIX: Readonly<Record<DatabaseKind, readonly (readonly [share: number, Operation])[]>> = {
  app: [
    [384, createRecord],
    [333, updateRecord],
    [90, deleteRecord],
    [90, login],
    [40, rotateToken],
    [32, appendAudit],
    [22, uploadFile],
    [4, deleteFile],
    [2, createCollection],
    [1, deleteCollection],
    [2, patchCollection],
  ],
  realm: [
    [600, appendAudit],
    [250, login],
    [150, rotateToken],
  ],
  system: [
    [700, appendAudit],
    [200, login],
    [100, rotateToken],
  ],
};

/** Draws the operation that a database sees next. `recordMix`: apps see nothing but these. */
export function pickOperation(path: string, random: Random, recordMix?: RecordMix): Operation {
  const kind = databaseKind(path);
  const mix = kind === 'app' && recordMix !== undefined ? recordsOnly(recordMix) : MIX[kind];
  let drawn = random.int(0, mix.reduce((total, [share]) => total + share, 0) - 1);
  for (const [share, operation] of mix) {
    if (drawn < share) return operation;
    drawn -= share;
  }
  throw new RangeError('a mix must have shares');
}

function recordsOnly(mix: RecordMix): readonly (readonly [share: number, Operation])[] {
  return [
    [mix.create, createRecord],
    [mix.update, updateRecord],
    [mix.delete, deleteRecord],
  ];
}
