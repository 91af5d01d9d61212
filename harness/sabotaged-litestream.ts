import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckId } from './evidence/checks.ts';
import type { ScenarioResult } from './result.ts';

interface Sabotage {
  readonly does: string;
  /** The checks that must fail, at least, and how much each finds; 'varies': that depends on the moment. */
  readonly finds: Readonly<Partial<Record<CheckId, number | 'varies'>>>;
}

/** What a wrapper around a real Litestream does wrong. Everything else it passes on. */
export const SABOTAGES = {
  'restore-drops-a-row': {
    does: 'restore drops one row from the middle of a table',
    finds: { contiguity: 1, 'row-counts': 1 },
  },
  'restore-drops-a-table': {
    does: 'restore drops the audit log of system.db, so that it takes no first write',
    finds: { schema: 1, 'second-life': 1 },
  },
  'restore-swaps-databases': {
    does: "restore gives another tenant's database",
    finds: { identity: 2 },
  },
  'restore-from-a-hidden-copy': {
    does: 'restore gives back a copy of the dead disk, every acknowledged write in it',
    finds: { 'clean-host': 'varies' },
  },
  'second-restore-from-a-hidden-copy': {
    does: 'the restore after the second life gives back a copy of the disk that died last',
    finds: { 'clean-host': 5 },
  },
  'restore-without-file': { does: 'restore ends with 0 and leaves no file', finds: { inventory: 5 } },
  'restore-fails': { does: 'restore ends with 1', finds: { inventory: 5 } },
  'restore-hangs': { does: 'restore never ends', finds: { inventory: 5 } },
  'instant-ignored': {
    does: 'restore to an instant gives the newest state',
    finds: { 'point-in-time': 'varies' },
  },
  'instant-too-early': {
    does: 'restore to an instant gives the state of three seconds before it',
    finds: { 'point-in-time': 'varies' },
  },
  'instant-torn': {
    does: 'restore to an instant drops the newest row of a table',
    finds: { 'point-in-time': 6 },
  },
  'instant-hangs': { does: 'restore to an instant never ends', finds: { 'point-in-time': 3 } },
  'replicate-frozen': { does: 'replicate is stopped, and alive', finds: { objectives: 'varies' } },
  'uploads-after-the-kill': {
    does: 'a process that hides uploads after the kill',
    finds: { 'no-late-uploads': 'varies' },
  },
} as const satisfies Readonly<Record<string, Sabotage>>;

export type LitestreamSabotage = keyof typeof SABOTAGES;

/** What a sabotage must be found by, as `foundBy` tells it of a drill. */
export function expectedOf(sabotage: LitestreamSabotage): Sabotage['finds'] {
  return SABOTAGES[sabotage].finds;
}

/** Those of a drill's checks that failed, with how much each found, where an expectation gives a number. */
export function foundBy(
  { checks }: Pick<ScenarioResult, 'checks'>,
  expected: Sabotage['finds'],
): Record<string, number | 'varies' | undefined> {
  const failed = checks.filter(({ verdict }) => verdict === 'fail');
  return Object.fromEntries(
    failed.map(({ id, count }) => [id, expected[id as CheckId] === 'varies' ? 'varies' : count]),
  );
}

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
