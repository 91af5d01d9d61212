import { createHash, randomUUID } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { bootId } from './lease-clock.ts';

/**
 * Who we are to the lease: this lock file (device, inode, birth) on this boot of this machine. Nothing of it is written
 * into the data directory, so a copy of that, on this machine or another, is somebody else. Whoever is this owner holds
 * the local lock and has ended every orphan of its predecessor, so it may take up its own lease without waiting.
 */
export function leaseOwner(lockFile: string): string {
  const { dev, ino, birthtimeNs } = lstatSync(lockFile, { bigint: true });
  // Where the system does not tell one boot from another, nobody is recognized and everybody waits.
  const boot = bootId() ?? randomUUID();
  return createHash('sha256').update(`${boot}\0${dev}:${ino}:${birthtimeNs}`).digest('hex').slice(0, 32);
}
