import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findLitestream, type LitestreamBinary } from './binary.ts';
import { localGeneration, metaFolder } from './local-position.ts';

/** The Litestream that the drill tests run on: the packaged 0.3.13, or in the project `line05` the one of DRILL_LITESTREAM_05. */
export function litestreamUnderTest(): Promise<LitestreamBinary> {
  return findLitestream(process.env['DRILL_TEST_LINE'] === '0.5' ? givenLitestream05() : null, process.env);
}

/**
 * Names the history that Litestream goes on with: it changes when that is cut, and everything taken anew. 0.3: the
 * generation; 0.5: how many of its files hold the whole database.
 */
export function historyOf(binary: LitestreamBinary, file: string): string | null {
  if (binary.line === '0.3') return localGeneration(file);
  const folder = join(metaFolder(file), 'ltx', '0');
  const whole = readdirSync(folder).filter((name) => name.endsWith('.ltx') && isWhole(join(folder, name)));
  return whole.join(' ');
}

function givenLitestream05(): string {
  const path = process.env['DRILL_LITESTREAM_05'];
  if (path === undefined || path === '')
    throw new Error('DRILL_LITESTREAM_05 must be the path of a Litestream 0.5');
  return path;
}

/** Whether an LTX file holds as many pages as its database has: its page index ends with three numbers a page and a 0. */
function isWhole(file: string): boolean {
  const TRAILER = 16;
  const bytes = readFileSync(file);
  const end = bytes.length - TRAILER - 8;
  const start = end - Number(bytes.readBigUInt64BE(end));
  let numbers = 0;
  for (const byte of bytes.subarray(start, end)) if (byte < 0x80) numbers++;
  return (numbers - 1) / 3 === bytes.readUInt32BE(12);
}
