import { readFileSync } from 'node:fs';
import { replaceFile } from './atomic-file.ts';

/**
 * Under which epoch of a lease a data directory was last replicated. It goes with the directory, wherever that is copied or
 * mounted: what was written here is known up to then, and not beyond.
 */
export interface LastLease {
  readonly leaseKey: string;
  readonly epoch: number;
}

/** The epoch under which this directory was replicated to this prefix last; null: never, as far as it knows. */
export function readLastEpoch(file: string, key: string): number | null {
  try {
    const { leaseKey, epoch } = JSON.parse(readFileSync(file, 'utf8')) as Partial<LastLease>;
    return leaseKey === key && typeof epoch === 'number' ? epoch : null;
  } catch {
    return null; // the first start here
  }
}

/** Notes it before anything is replicated. */
export function writeLastLease(file: string, last: LastLease): void {
  replaceFile(file, `${JSON.stringify(last)}\n`);
}
