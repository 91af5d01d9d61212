import { type BigIntStats, lstatSync } from 'node:fs';

/** Device, inode and birth of a file: another file under the same name is another database. Empty: there is none. */
export function fileIdentity(file: string): string {
  try {
    return identityOf(lstatSync(file, { bigint: true }));
  } catch {
    // Removed a moment ago.
    return '';
  }
}

export function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  // Inodes are used again at once; the time of birth is not.
  return `${dev}:${ino}:${birthtimeNs}`;
}
