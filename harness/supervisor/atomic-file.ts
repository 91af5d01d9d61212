import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Replaces a file in one step: a reader sees the old text or the new one, never a half. Mode 0600 unless told otherwise. */
export function replaceFile(
  file: string,
  text: string,
  options: { mode?: number; durable?: boolean } = {},
): void {
  const { mode = 0o600, durable = true } = options;
  const temporary = join(dirname(file), `.${basename(file)}.tmp`);
  rmSync(temporary, { force: true });
  const descriptor = openSync(temporary, 'wx', mode);
  try {
    writeSync(descriptor, text);
    if (durable) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}
