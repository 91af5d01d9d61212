import { statfsSync } from 'node:fs';
import type { Log } from './log.ts';
import { pause, type Run } from './run.ts';

/** What the status says of the disk with the databases. */
export interface DiskStatus {
  /** null: it could not be read. */
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  /** Raised while there still is some: when there is none, the application's writes are refused. */
  readonly lowSpace: boolean;
}

/** Little is a tenth of the disk, and on a large one this: more is no lack. */
const LITTLE_BYTES = 1 << 30;
const LITTLE_SHARE = 0.1;
/** The alarm ends when there is so much more, so that it does not come and go. */
const ENOUGH_FACTOR = 1.2;

/** Watches over the space that is left on the disk with the databases, and raises the alarm `low-space` in time. */
export class FreeSpace {
  readonly #dataDir: string;
  readonly #log: Log;
  #disk: DiskStatus = { freeBytes: null, totalBytes: null, lowSpace: false };

  constructor(dataDir: string, log: Log) {
    this.#dataDir = dataDir;
    this.#log = log;
  }

  get disk(): DiskStatus {
    return this.#disk;
  }

  /** Whether the alarm was raised, or has ended. */
  look(): boolean {
    const before = this.#disk;
    this.#disk = diskNow(this.#dataDir, before.lowSpace);
    const { freeBytes, totalBytes, lowSpace } = this.#disk;
    if (lowSpace === before.lowSpace) return false;
    const fields = { alarm: 'low-space', dataDir: this.#dataDir, freeBytes, totalBytes };
    if (lowSpace)
      this.#log.write('error', 'little space is left; when it is used up, writes are refused', fields);
    else this.#log.write('info', 'there is enough space again', fields);
    return true;
  }
}

/** Where the disk cannot be asked, an alarm stays as it was. */
function diskNow(dataDir: string, wasLow: boolean): DiskStatus {
  try {
    const { bavail, blocks, bsize } = statfsSync(dataDir);
    const [freeBytes, totalBytes] = [bavail * bsize, blocks * bsize];
    return { freeBytes, totalBytes, lowSpace: isLow(freeBytes, totalBytes, wasLow) };
  } catch {
    return { freeBytes: null, totalBytes: null, lowSpace: wasLow };
  }
}

/** Whether so much is little, where an alarm `was` raised or not. */
export function isLow(freeBytes: number, totalBytes: number, was: boolean): boolean {
  const littleBytes = Math.min(LITTLE_BYTES, totalBytes * LITTLE_SHARE);
  return freeBytes < littleBytes * (was ? ENOUGH_FACTOR : 1);
}

/** Looks four times a second: on a disk that fills up quickly the last tenth is soon gone. */
export async function spaceLoop(run: Run): Promise<void> {
  const { stop } = run.options;
  while (!stop.aborted) {
    if (run.freeSpace.look()) run.publish();
    await pause(250, stop);
  }
}
