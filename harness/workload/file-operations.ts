import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicUs } from '../clock.ts';
import { blobContent, contentHash } from '../fleet/blobs.ts';
import { hookSource } from '../fleet/hooks.ts';
import { appPath, hooksFolder, storageFolder } from '../fleet/layout.ts';
import { createRecord } from './record-operations.ts';
import type { Session } from './session.ts';
import type { OpenDatabase } from './tracked-database.ts';

/** What lies beside the databases: file blobs, and hooks. */

/** A file upload: the row first, then the blob. The client hears that it is done when both are. */
export function uploadFile(session: Session, database: OpenDatabase): void {
  const { blobs, ledger, random } = session;
  if (blobs.isBusy) return createRecord(session, database);
  const db = database.path;
  const { id, at } = session.newId();
  const sizeBytes = random.int(session.blobBytes.min, session.blobBytes.max);
  const row = [id, random.pick(session.vocabulary.fileNames), 'image/png', sizeBytes, at];
  const done = session.write(database, 'file-upload', (transaction) => transaction.insert('_files', row));
  if (!done) return;
  const content = blobContent(id, sizeBytes);
  const sha256 = contentHash(content);
  ledger.append({ t: 'blob-put', db, file: id, sizeBytes, sha256, at: monotonicUs() });
  blobs.put(keyOf(db, id), content, (error) => {
    const fate = { db, file: id, at: monotonicUs() };
    if (error !== null) return ledger.append({ t: 'blob-refused', ...fate, error });
    ledger.append({ t: 'blob-stored', ...fate });
    session.model(database).add('_files', id, random);
  });
}

/** A file deletion: the row first, then the blob; RustBaas ignores one that does not go. */
export function deleteFile(session: Session, database: OpenDatabase): void {
  const { blobs, ledger } = session;
  const model = session.model(database);
  const ids = model.ids(database, '_files');
  if (ids.length === 0 || blobs.isBusy) return createRecord(session, database);
  const id = session.random.pick(ids);
  const done = session.write(database, 'file-delete', (transaction) =>
    transaction.delete('_files', 'id', id),
  );
  if (!done) return;
  model.remove('_files', id);
  blobs.remove(keyOf(database.path, id), (error) => {
    if (error === null) ledger.append({ t: 'blob-deleted', db: database.path, file: id, at: monotonicUs() });
  });
}

function keyOf(database: string, fileId: string): string {
  return `${storageFolder(database)}/${fileId}`;
}

/** A hook saved through the dashboard: a plain write, and nothing that Litestream sees. */
export function editHook(
  session: Session,
  { realm, app, name }: { readonly realm: string; readonly app: string; readonly name: string },
): void {
  const folder = join(session.dataDir, hooksFolder(realm, app));
  const source = hookSource(`${realm}/${app}`, name, session.newId().id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), source);
  const sha256 = contentHash(source);
  session.ledger.append({ t: 'hook', db: appPath(realm, app), name, sha256, at: monotonicUs() });
}
