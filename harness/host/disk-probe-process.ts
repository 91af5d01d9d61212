/**
 * Measures a disk: at each line of standard input it writes 4 KiB, so often, has each forced to the disk, and says as a line
 * of JSON how long each took. `node disk-probe-process.ts FILE`.
 */
import { closeSync, fdatasyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { monotonicUs } from '../clock.ts';

const TIMES = 5;
const BLOCK = Buffer.alloc(4096, 1);
const file = process.argv[2] ?? '';

createInterface({ input: process.stdin })
  .on('line', () => writeSync(1, `${JSON.stringify({ writesMs: measure() })}\n`))
  .on('close', () => process.exit(0));

function measure(): number[] {
  const descriptor = openSync(file, 'w');
  try {
    return Array.from({ length: TIMES }, () => {
      const startUs = monotonicUs();
      writeSync(descriptor, BLOCK);
      fdatasyncSync(descriptor);
      return (monotonicUs() - startUs) / 1000;
    });
  } finally {
    closeSync(descriptor);
    unlinkSync(file);
  }
}
