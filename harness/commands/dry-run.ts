import { openFilesLimit, openFilesNeeded } from '../host/limits.ts';
import type { HistoryEntry } from '../history/entry.ts';
import { historyFile, readHistory } from '../history/history-file.ts';
import type { WantedDrill } from '../planned-drill.ts';
import { diskNeededBytes } from '../preflight.ts';
import { bytes, count, duration } from '../report/format.ts';
import { findRun, readResult } from '../run-directory.ts';
import type { Plan } from '../scenario/plan.ts';
import { expectedDurationMs } from '../shard/deal.ts';
import { MMAP_BYTES } from '../verify/database-copy.ts';
import type { Io, RunOptions } from './options.ts';

const MEBIBYTE = 1_048_576;

/** What a drill will take. `from`: what the figure rests on. */
interface Expectation {
  readonly durationMs: { readonly value: number; readonly from: string };
  readonly memoryBytes: { readonly value: number; readonly from: string };
  readonly requests: { readonly least: number; readonly most: number; readonly from: string };
  readonly openFiles: { readonly needed: number; readonly limit: number | null };
  readonly diskBytes: number;
}

/** `drill run --dry-run`: the plan of every drill, and what it will take. Nothing is started. */
export async function dryRun(
  wanted: readonly WantedDrill[],
  plans: readonly Plan[],
  { json, outputDir }: Pick<RunOptions, 'json' | 'outputDir'>,
  io: Io,
): Promise<number> {
  const { entries } = readHistory(historyFile(outputDir));
  const limit = await openFilesLimit();
  const expected = plans.map((plan, index) => expectationOf(plan, wanted[index], entries, limit, outputDir));
  if (json) {
    const document = { plans: plans.map((plan, index) => ({ ...plan, expected: expected[index] })) };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return 0;
  }
  for (const [index, plan] of plans.entries()) {
    const of = expected[index];
    io.stdout.write(`${[describePlan(plan), ...(of === undefined ? [] : inWords(of))].join('\n')}\n`);
  }
  const totalMs = expected.reduce((sum, { durationMs }) => sum + durationMs.value, 0);
  if (plans.length > 1) io.stdout.write(`${plans.length} drills, about ${duration(totalMs)} in all\n`);
  return 0;
}

/** The last few of the same scenario say what the next one takes, whatever came of them. */
const MOST_EARLIER = 10;
/**
 * Measured on smoke and many-realms with the embedded store, all processes of a drill together, shared pages counted once.
 */
const MEMORY_BYTES = 550_000_000;
const MEMORY_BYTES_PER_DATABASE = 7_000_000;
/**
 * An archive is seeded and read back some MiB at a time (scanTable), of which what is done with waits to be collected.
 * Measured with archives of 1, 64, 256 and 768 MiB: seeding peaked at 80, 157, 233 and 228 MB, reading a restored file at
 * 139, 208, 382 and 261 MB. A whole drill, with Litestream 0.3.13 and the embedded store, took 255 MB more with 256 MiB than
 * with 1 MiB.
 */
const MOST_ARCHIVE_MEMORY_BYTES = 300_000_000;
/** Measured on smoke to many-realms, both lives together: 43 to 139 with 0.3.13, 109 to 320 with 0.5.17. */
const REQUESTS_PER_DATABASE = { least: 43, most: 320 };

function expectationOf(
  plan: Plan,
  drill: WantedDrill | undefined,
  entries: readonly HistoryEntry[],
  limit: number,
  outputDir: string,
): Expectation {
  const databases = plan.databases.length;
  const earlier = entries.filter(({ scenario }) => scenario === plan.scenario).slice(-MOST_EARLIER);
  const seen = earlier.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b);
  const estimateMs = drill === undefined ? 0 : expectedDurationMs(drill.loaded.scenario);
  const median = seen[Math.floor(seen.length / 2)];
  return {
    durationMs:
      median === undefined
        ? { value: estimateMs, from: 'an estimate from the scenario alone: it has no history here' }
        : { value: median, from: `median of its last ${seen.length} drills here` },
    memoryBytes: memoryOf(plan),
    requests: requestsOf(plan, earlier, outputDir),
    openFiles: { needed: openFilesNeeded(databases), limit: Number.isFinite(limit) ? limit : null },
    diskBytes: diskNeededBytes(plan),
  };
}

function memoryOf({ databases }: Plan): Expectation['memoryBytes'] {
  const archiveBytes = databases.reduce((sum, { bulkMb = 0 }) => sum + bulkMb * MEBIBYTE, 0);
  const value =
    MEMORY_BYTES +
    databases.length * MEMORY_BYTES_PER_DATABASE +
    Math.min(archiveBytes, MOST_ARCHIVE_MEMORY_BYTES);
  const from = 'an estimate: measured on fleets of 5 and 101 databases with the embedded store';
  if (archiveBytes === 0) return { value, from };
  // The kernel keeps what is read of a mapped file for as long as nobody else needs the room: no drill fails for want of it.
  const mapped = bytes(Math.min(archiveBytes, MMAP_BYTES));
  return {
    value,
    from: `${from}, and on an archive of up to 768 MiB; while that is verified ${mapped} of it are mapped besides, which the kernel can take back`,
  };
}

/** As many as the last drill of the scenario made, where its run is still there and kept count. */
function requestsOf(
  { scenario, databases }: Plan,
  earlier: readonly HistoryEntry[],
  outputDir: string,
): Expectation['requests'] {
  for (const { runId, drillId } of earlier.toReversed()) {
    const made = requestsMade(runId, drillId, outputDir);
    if (made !== null) return { least: made, most: made, from: `its last drill here, ${runId}` };
  }
  const { least, most } = REQUESTS_PER_DATABASE;
  const from = `an estimate, ${least} to ${most} a database: ${scenario} has no run here that counted them`;
  return { least: databases.length * least, most: databases.length * most, from };
}

function requestsMade(runId: string, drillId: string, outputDir: string): number | null {
  try {
    const { result } = readResult(findRun(runId, outputDir));
    const requests = result.scenarios.find((one) => one.drillId === drillId)?.storeRequests;
    return requests?.reduce((sum, one) => sum + one.count, 0) ?? null;
  } catch {
    return null; // removed since, or of another version: the estimate is what is left
  }
}

function inWords({ durationMs, memoryBytes, requests, openFiles, diskBytes }: Expectation): string[] {
  const range =
    requests.least === requests.most
      ? count(requests.least)
      : `${count(requests.least)} to ${count(requests.most)}`;
  const { needed, limit } = openFiles;
  return [
    `  takes     about ${duration(durationMs.value)} (${durationMs.from})`,
    `  memory    about ${bytes(memoryBytes.value)} (${memoryBytes.from})`,
    `  requests  about ${range} to the store (${requests.from})`,
    `  files     ${count(needed)} open, limit ${limit === null ? 'unknown' : count(limit)}`,
    `  disk      at most ${bytes(diskBytes)}`,
  ];
}

function describePlan({
  scenario,
  seed,
  databases,
  changes,
  killAfterMs,
  planDigest,
  ...load
}: Plan): string {
  const rows = databases.reduce((sum, database) => sum + database.rows, 0);
  const idle = databases.filter((database) => database.idle).length;
  return [
    `${scenario} (seed ${seed}, plan ${planDigest.slice(0, 12)})`,
    `  fleet     ${databases.length} databases, about ${rows} rows, ${idle} idle`,
    ...shapesOf(databases),
    `  load      ${load.writesPerSecond} writes/s from ${load.writers} writer process(es)`,
    ...changes.map(
      (change) =>
        `  ${String(Math.round(change.atMs)).padStart(6)} ms ${change.kind} ${change.realm}${change.app === null ? '' : `/${change.app}`}`,
    ),
    `  disaster  SIGKILL ${Math.round(killAfterMs)} ms after the start of the load`,
  ].join('\n');
}

/** What its users have made of the apps; nothing where no scenario says so. */
function shapesOf(databases: Plan['databases']): string[] {
  const pages = new Set(databases.flatMap(({ pageBytes }) => pageBytes ?? []));
  const features = new Set(databases.flatMap(({ features: own = [] }) => own));
  const parts = [
    ...(pages.size === 0 ? [] : [`pages of ${[...pages].join(', ')} bytes`]),
    ...features,
    ...databases.flatMap(({ path, bulkMb }) =>
      bulkMb === undefined ? [] : [`${count(bulkMb)} MiB of archive in ${path}`],
    ),
  ];
  return parts.length === 0 ? [] : [`  shapes    ${parts.join('; ')}`];
}
