import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicUs } from '../clock.ts';
import { storageFolder } from '../fleet/layout.ts';
import { carriedBlobs, copyInto, giveIdentity } from './copied-database.ts';
import type { Session } from './session.ts';

/**
 * An operator puts a copy of a database in its place, as after a repair: the application has closed it, its WAL goes, and
 * another file comes, by rename or by copying its bytes over the old ones. The copy has an identity of its own, so that what comes back
 * later is known for the one or the other.
 */
export function replaceDatabase(
  session: Session,
  path: string,
  options: {
    readonly by: 'rename' | 'copy';
    readonly epoch: number;
    readonly ledgerDir: string;
  },
): string | null {
  const { by, epoch, ledgerDir } = options;
  const { dataDir, seed } = session;
  const file = join(dataDir, path);
  const staged = `${file}.staged`;
  session.forget(path);
  copyInto(file, staged);
  const { base, files } = giveIdentity(staged, { seed, path, epoch, ledgerDir });
  // The blobs stay where they are, and the new database names them.
  const carriedOver = carriedBlobs(join(dataDir, storageFolder(path)), path, files);
  for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
  if (by === 'rename') renameSync(staged, file);
  else {
    copyFileSync(staged, file);
    rmSync(staged);
  }
  // Not sooner: a kill between the two would leave a life in the ledger that no disk ever had. This way round it is the
  // old life that counts then, which is what the bucket still has, with all that was acknowledged in it.
  const at = monotonicUs();
  session.ledger.append({ ...base, at, inPlace: true });
  for (const record of carriedOver) session.ledger.append({ ...record, at });
  const [identity] = session.pool.open(path).db.prepare('SELECT epoch FROM _drill_identity').pluck().all();
  return identity === epoch ? null : `its epoch is ${String(identity)}`;
}
