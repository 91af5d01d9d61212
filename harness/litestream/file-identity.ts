import { lstatSync } from 'node:fs';

/** Device, inode and birth of a file: another file under the same name is another database. Empty: there is none. */
export function fileIdentity(file: string): string {
  try {
    // Inodes are used again at once; the time of birth is not.
    const { dev, ino, birthtimeNs } = lstatSync(file, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch {
    // Removed a moment ago.
    return '';
  }
}
