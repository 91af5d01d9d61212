import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Finding } from '../evidence/checks.ts';
import type { RestoreOutcome, RestoreRecord } from '../evidence/database.ts';
import type { DatabaseHistory, Ledger } from '../ledger/history.ts';
import { cleanHostFindings } from './clean-host.ts';
import { counted, few, finding } from './finding.ts';
import { listRestored } from './restored-folder.ts';
import { verifyDatabase, type VerifiedDatabase } from './verify-database.ts';
import type { FleetVerification } from './verify-fleet.ts';

/** A restore onto a disk that was too small for it, as it ended. */
export interface FullDiskTry {
  readonly dataDir: string;
  readonly exitCode: number;
  readonly records: readonly RestoreRecord[];
}

export interface FullDiskOptions {
  readonly ledger: Ledger;
  readonly killUs: number;
  /** The application is known to have changed its databases' journal mode for a while. */
  readonly journalModeMayChange: boolean;
  /** What the same bucket gave back where there was room. */
  readonly roomy: FleetVerification['databases'];
}

/** Litestream, the kernel and SQLite, in this order, of a disk on which nothing is left. */
const NO_SPACE = /no space left on device|ENOSPC|database or disk is full/i;

/** Whether a database did not come back for want of space. */
export function metNoSpace({ outcome, detail }: RestoreRecord): boolean {
  return outcome !== 'restored' && NO_SPACE.test(detail);
}

/**
 * Holds what a restore has left on a disk that was too small for it: it must have said so, and a file under a database's
 * name is opened by the next application that starts, so it is whole or not there.
 */
export async function holdFullDisk(
  tried: FullDiskTry,
  options: FullDiskOptions,
): Promise<Pick<FleetVerification, 'findings' | 'thrown'>> {
  const entries = await listRestored(tried.dataDir);
  const files = new Set(entries.filter(({ kind }) => kind !== 'folder').map(({ path }) => path));
  const findings = [
    ...unsaid(tried, files, options),
    ...brokenOff(tried),
    ...untold(tried, files, options),
    ...tried.records.flatMap((record) => liesOf(record, files)),
    ...(await cleanHostFindings({
      // An empty folder is all that a file without room may leave.
      entries: entries.filter(({ kind }) => kind !== 'folder'),
      known: new Set(options.ledger.databases.keys()),
      blobsHere: true,
      deadDataDir: null,
    })),
  ];
  const thrown: FleetVerification['thrown'][number][] = [];
  // Reading a database may need room beside it, and there is none where it lies.
  const scratchDir = await mkdtemp(join(dirname(tried.dataDir), '.held-'));
  try {
    for (const history of options.ledger.databases.values()) {
      if (!files.has(history.path)) continue;
      const held = await holdFile(join(tried.dataDir, history.path), scratchDir, history, options);
      findings.push(...held.findings);
      thrown.push(...held.thrown);
    }
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
  return { findings, thrown };
}

/** A restore that is not short of anything may end with exit code 0; one that is may not. */
function unsaid(
  { exitCode }: FullDiskTry,
  files: ReadonlySet<string>,
  { roomy }: FullDiskOptions,
): Finding[] {
  const missing = [...roomy.values()].filter(({ path, verified }) => verified !== null && !files.has(path));
  if (exitCode !== 0 || missing.length === 0) return [];
  return [
    finding('inventory', null, {
      expected: 'a restore for which the disk is too small does not end with exit code 0',
      actual: `exit code 0 without ${counted(missing.length, 'database')}`,
      detail: few(missing.map(({ path }) => path)),
      count: missing.length,
    }),
  ];
}

/** 0 and 1 are the ends of a restore that has looked at every database. */
const ENDS: ReadonlySet<number> = new Set([0, 1]);

function brokenOff({ exitCode }: FullDiskTry): Finding[] {
  if (ENDS.has(exitCode)) return [];
  return [
    finding('inventory', null, {
      expected: 'a restore for which the disk is too small comes to its end, and ends with exit code 1',
      actual: `exit code ${exitCode}`,
      detail: 'it broke off on a disk that was too small',
      count: 1,
    }),
  ];
}

/** What does not come back for want of space is told of by name: nobody else would look for it. */
function untold({ records }: FullDiskTry, files: ReadonlySet<string>, { roomy }: FullDiskOptions): Finding[] {
  // One that is told as restored and not there is told of already.
  const told = new Set(records.map(({ path }) => path));
  const left = [...roomy.values()].filter(
    ({ path, verified }) => verified !== null && !files.has(path) && !told.has(path),
  );
  if (left.length === 0) return [];
  return [
    finding('inventory', null, {
      expected: 'a restore for which the disk is too small names every database that did not come back',
      actual: `${counted(left.length, 'database')} not named`,
      detail: few(left.map(({ path }) => path)),
      count: left.length,
    }),
  ];
}

/** What the recovery's own soundness check says of a file that is damaged, and not of a disk without room to open it. */
const DAMAGE = /^quick_check:|malformed|not a database|the file is empty|it has no table/;
const CLAIMED: ReadonlySet<RestoreOutcome> = new Set<RestoreOutcome>(['no-file', 'unsound']);

function liesOf({ path, outcome, detail }: RestoreRecord, files: ReadonlySet<string>): Finding[] {
  if (outcome === 'restored' && !files.has(path)) {
    return [
      finding('inventory', path, {
        expected: 'a database that is told as restored is there, however full the disk',
        actual: 'it is not there',
        detail: 'told as restored to a disk that was too small',
        count: 1,
      }),
    ];
  }
  if (!CLAIMED.has(outcome) || (outcome === 'unsound' && !DAMAGE.test(detail))) return [];
  return [
    finding('integrity', path, {
      expected:
        'Litestream ends with an exit code that is not 0 when the disk is full, or leaves a sound file',
      actual: `exit code 0, and the file was refused: ${detail}`,
      detail: 'restored to a disk that was too small',
      count: 1,
    }),
  ];
}

async function holdFile(
  file: string,
  scratchDir: string,
  history: DatabaseHistory,
  { killUs, journalModeMayChange, roomy }: FullDiskOptions,
): Promise<Pick<FleetVerification, 'findings' | 'thrown'>> {
  const { path } = history;
  const copy = join(scratchDir, 'copy.db');
  await copyFile(file, copy);
  const { verified } = await verifyDatabase({
    file: copy,
    history,
    killUs,
    scratchDir,
    journalModeMayChange,
  });
  const whole = roomy.get(path)?.verified ?? null;
  const thrown = (verified?.thrown ?? []).map(({ check, error }) => ({ check, database: path, error }));
  const why = whyTorn(verified, whole);
  return { findings: why === null ? [] : [torn(path, why)], thrown };
}

/** null: it is as whole as what the bucket gives where there is room. What that lacks, the disk is not to blame for. */
function whyTorn(seen: VerifiedDatabase['verified'], whole: VerifiedDatabase['verified']): string | null {
  const known = new Set(whole?.findings.map(({ check, actual }) => `${check}\n${actual}`));
  const [own] = (seen?.findings ?? []).filter(({ check, actual }) => !known.has(`${check}\n${actual}`));
  if (own !== undefined) return `${own.check}: ${own.actual}${own.detail === '' ? '' : `, ${own.detail}`}`;
  // A file that could not be looked at has no recovery point.
  if (seen === null || whole === null || seen.thrown.length > 0) return null;
  return seen.recoveryPoint < whole.recoveryPoint
    ? `it ends at write ${seen.recoveryPoint}, and where there is room at ${whole.recoveryPoint}`
    : null;
}

function torn(path: string, why: string): Finding {
  return finding('integrity', path, {
    expected: 'under the name of a database lies a whole one or nothing, however full the disk',
    actual: why,
    detail: 'left on a disk that was too small',
    count: 1,
  });
}
