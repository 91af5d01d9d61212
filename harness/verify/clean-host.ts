import { lstat } from 'node:fs/promises';
import type { Finding } from '../evidence/checks.ts';
import { RESTORED_FROM } from '../supervisor/restored-from.ts';
import { counted, few, finding } from './finding.ts';
import { BLOB_PATH, HOOK_PATH, placeOf } from './places.ts';
import type { FolderEntry } from './restored-folder.ts';

export interface CleanHostOptions {
  readonly entries: readonly FolderEntry[];
  /** Databases that the ledger knows, wherever they lie. */
  readonly known: ReadonlySet<string>;
  /** Whether blobs belong here; otherwise they are in a bucket of their own. */
  readonly blobsHere: boolean;
  /** Where the dead host had its data; null: nothing to look for. */
  readonly deadDataDir: string | null;
}

const SIDE_FILE = /-(wal|shm|journal)$/;
/** A lease's key and mark, and an instant: nothing of a tenant's fits beside them. */
const WORD_MAX_BYTES = 2048;
const OWNER_FILE = 0o600;
const OWNER_FOLDER = 0o700;
/** Secrets and sessions of tenants are in these files. */
const EVERYBODY = 0o006;

/**
 * `clean-host`: the restored folder holds databases, blobs and hooks, all of them plain files that their owner can read and
 * write and not everybody, and nothing else but the restore's word on the old host's lease: no side file of SQLite (it would be applied at the
 * first opening, or it would break it), no
 * leftover of a restore, no link to another disk. And the dead host's disk is out of reach.
 */
export async function cleanHostFindings({
  entries,
  known,
  blobsHere,
  deadDataDir,
}: CleanHostOptions): Promise<Finding[]> {
  const faults = new Map<string, { database: string | null; what: string; paths: string[] }>();
  const holding = foldersOf(entries);
  for (const entry of entries) {
    const what = faultOf(entry, { known, blobsHere, holding });
    if (what === null) continue;
    const database = databaseBeside(entry.path, entries, known);
    const key = `${what}\n${database ?? ''}`;
    const fault = faults.get(key) ?? { database, what, paths: [] };
    fault.paths.push(entry.path);
    faults.set(key, fault);
  }
  const findings = [...faults.values()].map(({ database, what, paths }) =>
    finding('clean-host', database, {
      expected: 'nothing but databases and blobs, which their owner can read and write',
      actual: `${counted(paths.length, 'entry').replace('entrys', 'entries')}: ${what}`,
      detail: few(paths),
      count: paths.length,
    }),
  );
  if (deadDataDir !== null && (await lstat(deadDataDir).catch(() => null)) !== null) {
    const detail = `${deadDataDir} can still be reached: a restore could have read it`;
    findings.push(
      finding('clean-host', null, {
        expected: 'the dead host is out of reach',
        actual: 'it is not',
        detail,
        count: 1,
      }),
    );
  }
  return findings;
}

interface Surroundings extends Pick<CleanHostOptions, 'known' | 'blobsHere'> {
  /** Folders in which something lies, however deep. */
  readonly holding: ReadonlySet<string>;
}

function faultOf(entry: FolderEntry, { known, blobsHere, holding }: Surroundings): string | null {
  const { path, kind, mode, uid, links } = entry;
  const owner = process.getuid?.() ?? uid;
  // Also a folder: SQLite then cannot make its own.
  if (SIDE_FILE.test(path)) return 'side file of SQLite';
  if (kind === 'folder') return folderFault(entry, owner, { known, holding });
  if (kind !== 'file') return kind === 'link' ? 'link' : 'not a plain file';
  const belongs =
    known.has(path) || placeOf(path) !== null || HOOK_PATH.test(path) || (blobsHere && BLOB_PATH.test(path));
  const isWord = path === RESTORED_FROM && entry.sizeBytes <= WORD_MAX_BYTES;
  if (!belongs && !isWord) return 'leftover';
  if (links > 1) return 'linked elsewhere';
  if (uid !== owner) return 'belongs to another user';
  if ((mode & EVERYBODY) !== 0) return 'file that everybody on the host can read or write';
  return (mode & OWNER_FILE) === OWNER_FILE ? null : 'file that its owner cannot read and write';
}

function folderFault(
  { path, mode, uid }: FolderEntry,
  owner: number,
  { known, holding }: Pick<Surroundings, 'known' | 'holding'>,
): string | null {
  if (path.split('/').some((name) => name.startsWith('.'))) return 'leftover';
  if (known.has(path)) return 'folder in the place of a database';
  if (uid !== owner) return 'belongs to another user';
  if ((mode & OWNER_FOLDER) !== OWNER_FOLDER) return 'folder that its owner cannot use';
  // A restore makes a folder for what it puts there.
  return holding.has(path) ? null : 'folder with nothing in it';
}

/** Every folder above something that is no folder. */
function foldersOf(entries: readonly FolderEntry[]): Set<string> {
  const holding = new Set<string>();
  for (const { path, kind } of entries) {
    if (kind === 'folder') continue;
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (holding.has(path.slice(0, end))) break;
      holding.add(path.slice(0, end));
    }
  }
  return holding;
}

/** The database that a fault concerns: itself, or the one whose name it continues (`data.db-wal`, `.data.db.tmp-1`). */
function databaseBeside(
  path: string,
  entries: readonly FolderEntry[],
  known: ReadonlySet<string>,
): string | null {
  const candidate = path.replaceAll(/(^|\/)\./g, '$1').match(/^.*?\.db/)?.[0];
  if (candidate === undefined) return null;
  return known.has(candidate) || entries.some((entry) => entry.path === candidate) ? candidate : null;
}
