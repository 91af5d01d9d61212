import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckId } from './evidence/checks.ts';

interface Sabotage {
  readonly does: string;
  /** The checks that must fail, at least. */
  readonly checks: readonly CheckId[];
}

/** What a wrapper around a real Litestream does wrong. Everything else it passes on. */
export const SABOTAGES = {
  'restore-drops-a-row': {
    does: 'restore drops one row from the middle of a table',
    checks: ['contiguity', 'row-counts'],
  },
  'restore-drops-a-table': {
    does: 'restore drops the audit log of system.db, so that it takes no first write',
    checks: ['schema', 'second-life'],
  },
  'restore-swaps-databases': {
    does: "restore gives another tenant's database",
    checks: ['identity'],
  },
  'restore-from-a-hidden-copy': {
    does: 'restore gives back a copy of the dead disk, every acknowledged write in it',
    checks: ['clean-host'],
  },
  'second-restore-from-a-hidden-copy': {
    does: 'the restore after the second life gives back a copy of the disk that died last',
    checks: ['clean-host'],
  },
  'restore-without-file': { does: 'restore ends with 0 and leaves no file', checks: ['inventory'] },
  'restore-fails': { does: 'restore ends with 1', checks: ['inventory'] },
  'restore-hangs': { does: 'restore never ends', checks: ['inventory'] },
  'instant-ignored': {
    does: 'restore to an instant gives the newest state',
    checks: ['point-in-time'],
  },
  'instant-too-early': {
    does: 'restore to an instant gives the state of three seconds before it',
    checks: ['point-in-time'],
  },
  'instant-torn': {
    does: 'restore to an instant drops the newest row of a table',
    checks: ['point-in-time'],
  },
  'instant-hangs': { does: 'restore to an instant never ends', checks: ['point-in-time'] },
  'replicate-frozen': { does: 'replicate is stopped, and alive', checks: ['objectives'] },
  'uploads-after-the-kill': {
    does: 'a process that hides uploads after the kill',
    checks: ['no-late-uploads'],
  },
} as const satisfies Readonly<Record<string, Sabotage>>;

export type LitestreamSabotage = keyof typeof SABOTAGES;

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
