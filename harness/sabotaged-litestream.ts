import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a wrapper around a real Litestream does wrong. Everything else it passes on. */
export type LitestreamSabotage =
  | 'restore-drops-a-row'
  | 'restore-swaps-databases'
  | 'restore-from-a-hidden-copy'
  | 'restore-without-file'
  | 'restore-fails'
  | 'restore-hangs'
  | 'replicate-frozen'
  | 'uploads-after-the-kill';

/**
 * Writes an executable wrapper around the Litestream at `litestream` for tests: it does the real thing and then one
 * thing wrong, always to the same database. Returns its path.
 */
export function writeSabotagedLitestream(
  folder: string,
  litestream: string,
  sabotage: LitestreamSabotage,
): string {
  const wrapper = join(folder, `litestream-${sabotage}`);
  const program = fileURLToPath(new URL('sabotaged-litestream-process.ts', import.meta.url));
  writeFileSync(
    wrapper,
    `#!/bin/sh\nHIDDEN='${join(folder, 'hidden')}' SABOTAGE=${sabotage} exec '${process.execPath}' '${program}' '${litestream}' "$@"\n`,
  );
  chmodSync(wrapper, 0o755);
  return wrapper;
}
