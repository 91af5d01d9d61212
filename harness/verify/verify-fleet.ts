import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { messageOf } from '../errors.ts';
import type { Evidence } from '../evidence.ts';
import type { CheckId, Finding } from '../evidence/checks.ts';
import type { DatabaseHistory, Ledger } from '../ledger/history.ts';
import { type BlobFact, localBlobFacts } from './blob-facts.ts';
import { blobFindings, measureBlobs } from './blobs.ts';
import { cleanHostFindings } from './clean-host.ts';
import type { FleetView } from './fleet-view.ts';
import { verifyHooks } from './hooks.ts';
import { invariantFindings } from './invariants.ts';
import { inventoryFindings } from './inventory.ts';
import { observeAll } from './observe-pool.ts';
import { type FolderEntry, listRestored } from './restored-folder.ts';
import { diffRows } from './row-diff.ts';
import { secondOpinion } from './second-opinion.ts';
import { strayBlobFindings } from './stray-blobs.ts';
import { everythingLost, judgeObservation, type VerifiedDatabase } from './verify-database.ts';

export interface VerifyFleetOptions {
  readonly restoredDir: string;
  readonly ledger: Ledger;
  readonly killUs: number;
  /** Start of the last completed round of the operator's blob mirror: what came later may not be in it. */
  readonly mirroredUpToUs?: number;
  /** What the blobs' own bucket holds, by key; left out: blobs lie in the restored folder. */
  readonly blobFacts?: ReadonlyMap<string, BlobFact>;
  /** Where the dead host had its data, which must be out of reach; left out: not looked for. */
  readonly deadDataDir?: string;
  /** The application is known to have changed its databases' journal mode for a while. */
  readonly journalModeMayChange?: boolean;
  /** The `sqlite3` tool for a second opinion; null or left out: there is none. */
  readonly sqlite3?: string | null;
  /** Threads that read files; default: one a core. 1: this thread. */
  readonly parallelism?: number;
  readonly onProgress?: (databases: number, databasesTotal: number, rows: number) => void;
}

/** What the restored files say, held against the ledger. Facts, no verdict. */
export interface FleetVerification {
  /** Every database of the ledger, restored or not. */
  readonly databases: ReadonlyMap<string, VerifiedDatabase>;
  readonly findings: readonly Finding[];
  readonly checksRun: readonly CheckId[];
  readonly thrown: readonly {
    readonly check: CheckId;
    readonly database: string | null;
    readonly error: string;
  }[];
  /** What was measured on blobs and hooks; left out: they were not looked at. */
  readonly blobs?: ReturnType<typeof measureBlobs>;
  readonly hooks?: NonNullable<Evidence['hooks']>;
}

/** Every check that concerns files, on every database, always: one that fails or throws never hides the next. */
export async function verifyFleet(options: VerifyFleetOptions): Promise<FleetVerification> {
  const { restoredDir, ledger, killUs, mirroredUpToUs = null, deadDataDir = null, sqlite3 = null } = options;
  const entries = await listRestored(restoredDir);
  const restored = restoredHistories(ledger, entries);
  const databases = new Map<string, VerifiedDatabase>();
  for (const history of ledger.databases.values()) databases.set(history.path, notThere(history, killUs));
  const scratchDir = await mkdtemp(join(dirname(restoredDir), '.verify-'));
  try {
    await verifyAll(restored, scratchDir, options, databases);
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
  const blobs = options.blobFacts ?? (await localBlobFacts(restoredDir, entries));
  const view: FleetView = { restoredDir, ledger, killUs, mirroredUpToUs, blobs, entries, databases };
  const findings: Finding[] = [];
  const checksRun: CheckId[] = [];
  const thrown: { check: CheckId; database: null; error: string }[] = [];
  const run = async (check: CheckId, look: () => Finding[] | Promise<Finding[]>): Promise<void> => {
    try {
      findings.push(...(await look()));
      checksRun.push(check);
    } catch (error) {
      thrown.push({ check, database: null, error: messageOf(error) });
    }
  };
  await run('inventory', () => inventoryFindings(view));
  await run('clean-host', () =>
    cleanHostFindings({
      entries,
      known: new Set(ledger.databases.keys()),
      blobsHere: options.blobFacts === undefined,
      deadDataDir,
    }),
  );
  await run('invariants', () => invariantFindings(view));
  await run('blobs', () => [...blobFindings(view), ...strayBlobFindings(view)]);
  let hooks: FleetVerification['hooks'];
  await run('hooks', async () => {
    const verified = await verifyHooks(view);
    hooks = verified.measured;
    return verified.findings;
  });
  if (sqlite3 !== null) {
    await run('integrity', () =>
      secondOpinion(
        sqlite3,
        restoredDir,
        restored.map(({ path }) => path),
      ),
    );
  }
  return {
    databases,
    findings,
    checksRun,
    thrown,
    blobs: measureBlobs(view),
    ...(hooks === undefined ? {} : { hooks }),
  };
}

/** Histories whose file is there with something in it, the largest first: the last ones to end are short. */
function restoredHistories(ledger: Ledger, entries: readonly FolderEntry[]): DatabaseHistory[] {
  return entries
    .filter(({ kind, sizeBytes }) => kind === 'file' && sizeBytes > 0)
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    .flatMap(({ path }) => ledger.databases.get(path) ?? []);
}

/** Reads and judges files, and puts what was found into `databases`. */
export async function verifyAll(
  histories: readonly DatabaseHistory[],
  scratchDir: string,
  options: Pick<
    VerifyFleetOptions,
    'restoredDir' | 'killUs' | 'ledger' | 'parallelism' | 'onProgress' | 'journalModeMayChange'
  > & {
    readonly life?: number;
    /** The ledger of the life before. */
    readonly firstLedger?: Ledger;
  },
  databases: Map<string, VerifiedDatabase>,
  source?: Parameters<typeof diffRows>[5],
): Promise<void> {
  const { restoredDir, killUs, ledger, firstLedger, life = 1, onProgress } = options;
  const { parallelism = availableParallelism(), journalModeMayChange = false } = options;
  const owners = new Map(
    [...ledger.earlier, ...ledger.databases.values()].map(({ base, path }) => [
      base.id,
      ownerName(path, base.epoch),
    ]),
  );
  const files = histories.map(({ path }) => join(restoredDir, path));
  let done = 0;
  let rows = 0;
  await observeAll(files, scratchDir, parallelism, async (index, observation) => {
    const history = histories[index];
    if (history === undefined) return;
    const file = files[index] ?? '';
    const verified = await judgeObservation(observation, {
      history,
      killUs,
      life,
      journalModeMayChange,
      earlier: firstLedger?.databases.get(history.path) ?? null,
      diff: (of, tables, seq) => diffRows(file, scratchDir, of, tables, seq, source),
      ownerOf: (id) => owners.get(id) ?? null,
    });
    databases.set(history.path, verified);
    rows += verified.verified?.rowsRestored ?? 0;
    onProgress?.(++done, histories.length, rows);
  });
}

function ownerName(path: string, epoch: number): string {
  return epoch === 1 ? path : `${path} (epoch ${epoch})`;
}

/** A database of which no file is there: everything that it held is lost. */
export function notThere(history: DatabaseHistory, killUs: number): VerifiedDatabase {
  return {
    path: history.path,
    verified: null,
    ...everythingLost(history, killUs),
    inBandSeq: null,
    observation: null,
  };
}
