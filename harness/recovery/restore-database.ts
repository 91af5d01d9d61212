import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { monotonicUs } from '../clock.ts';
import type { RestoreOutcome, RestoreRecord } from '../evidence/database.ts';
import type { LitestreamBinary } from '../litestream/binary.ts';
import type { ReplicatedDatabase } from '../litestream/bucket-layout.ts';
import { formatTaken, mayBeRenewed, newerFormat, type ReplicaFormat } from '../litestream/restored-format.ts';
import { restoreInvocation } from '../litestream/restore-command.ts';
import { restoreRule } from '../litestream/version.ts';
import type { S3Settings } from '../store/s3-client.ts';
import { type RestorePoint, restorePoint } from './restore-point.ts';
import { unsoundness } from './soundness.ts';

export interface RestoreJob {
  /** Database path relative to data_dir. */
  readonly path: string;
  /** Exists for this one restore; nothing else is in it. */
  readonly workDir: string;
  /** Key prefix of the fleet in the bucket. */
  readonly prefix: string;
  readonly store: S3Settings;
  readonly litestream: LitestreamBinary;
  /** What the bucket holds of it; its path tells where. */
  readonly found: ReplicatedDatabase;
  /** What an operator should know of where it was found; may be empty. */
  readonly note: string;
  /** The caller's environment, of which Litestream gets what is on its allow-list. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The instant to restore (RFC 3339); null: the newest state. */
  readonly timestamp: string | null;
  readonly timeoutMs: number;
}

const MAX_WORDS = 500;

/** No time in the bucket tells the two apart, so it is for the operator to know. */
const RENEWED =
  'all of them are newer than the last LTX file: if this fleet was not taken back from 0.5 to 0.3, they were copied since, and are the OLDER state';

/** Restores one database into its work folder. `file` is null unless the restored file is sound. */
export async function restoreDatabase(
  job: RestoreJob,
): Promise<{ record: RestoreRecord; file: string | null }> {
  const startUs = monotonicUs();
  const file = join(job.workDir, 'restored.db');
  const refused = reasonToRefuse(job);
  if (refused !== null) return { record: refusal(job, startUs, refused), file: null };
  const point = restorePoint(job.found, job.timestamp);
  const run = await runLitestream(job, point, file);
  const size = await stat(file).then(
    (found) => found.size,
    () => null,
  );
  const end = (outcome: RestoreOutcome, detail: string): { record: RestoreRecord; file: string | null } => ({
    record: {
      path: job.path,
      outcome,
      exitCode: run.exitCode,
      startUs,
      endUs: monotonicUs(),
      bytes: size ?? 0,
      detail,
      ...(run.format === null ? {} : { format: run.format }),
      ...(job.found.path === job.path ? {} : { place: job.found.path }),
    },
    file: outcome === 'restored' ? file : null,
  });
  if (run.timedOut) return end('timeout', `no end within ${job.timeoutMs} ms`);
  if (run.exitCode !== 0) return end('failed', run.lastWords);
  if (size === null || size === 0) return end('no-file', 'exit code 0, and no file');
  const newer = newerFormat(job.found);
  if (run.format !== null && run.format !== newer) {
    return end('unsound', `it took ${words(run.format)}, and ${words(newer)} hold the newer state`);
  }
  if (run.format === null && holdsBoth(job.found)) {
    return end(
      'unsound',
      'the bucket holds two layouts of it, and the restore does not say which one it took',
    );
  }
  const reason = await unsoundness(file);
  if (reason !== null) return end('unsound', reason);
  const format = holdsBoth(job.found) ? `from ${words(newer)}, the newer of the two that are there` : '';
  const doubt = mayBeRenewed(job.found) ? RENEWED : '';
  return end('restored', [job.note, point.note, format, doubt].filter(Boolean).join('; '));
}

/** A restore that this Litestream cannot do, or only from an older state than the bucket holds. */
function reasonToRefuse({ found, litestream }: RestoreJob): string | null {
  const newer = newerFormat(found);
  if (newer === null || formatTaken(found, restoreRule(litestream)) === newer) return null;
  const other = holdsBoth(found)
    ? `, and ${words(newer === 'ltx' ? 'generations' : 'ltx')} only an older one`
    : '';
  return `${words(newer)} hold its state${other}; Litestream ${litestream.version} cannot read them`;
}

function refusal({ path }: RestoreJob, startUs: number, detail: string): RestoreRecord {
  return { path, outcome: 'failed', exitCode: null, startUs, endUs: monotonicUs(), bytes: 0, detail };
}

function holdsBoth({ generations, ltx }: ReplicatedDatabase): boolean {
  return generations.length > 0 && ltx.length > 0;
}

function words(format: ReplicaFormat | null): string {
  return format === 'ltx' ? 'the LTX files of Litestream 0.5' : 'the generations of Litestream 0.3';
}

async function runLitestream(job: RestoreJob, point: RestorePoint, outputFile: string) {
  await mkdir(job.workDir, { recursive: true, mode: 0o700 });
  const configPath = join(job.workDir, 'litestream.yml');
  const invocation = restoreInvocation({
    litestream: job.litestream.path,
    line: job.litestream.line,
    settings: job.store,
    prefix: job.prefix,
    path: job.found.path,
    output: outputFile,
    configPath,
    timestamp: point.timestamp,
    generation: point.generation,
    env: { ...job.env, HOME: job.workDir },
  });
  await writeFile(configPath, invocation.configText, { mode: 0o600 });
  const subprocess = execa(invocation.command, invocation.args, {
    cwd: job.workDir,
    env: invocation.env,
    extendEnv: false,
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: job.timeoutMs,
    killSignal: 'SIGKILL',
    // A wrapper's own children must not hold the restore open past its limit.
    killDescendants: true,
    // Its words are read as they come: there may be more of them than anybody wants to keep.
    buffer: false,
  });
  let lastLine = '';
  let format: ReplicaFormat | null = null;
  for await (const line of subprocess.iterable({ from: 'all' })) {
    if (line.trim() !== '') lastLine = line.slice(0, MAX_WORDS);
    format ??= formatNamedIn(line);
  }
  const result = await subprocess;
  return {
    exitCode: result.exitCode ?? null,
    timedOut: result.timedOut,
    format: job.litestream.line === '0.3' ? ('generations' as const) : format,
    lastWords: lastLine || (result.shortMessage ?? `signal ${result.signal ?? 'unknown'}`),
  };
}

/** Litestream 0.5 says at its debug level which layout it has taken. */
function formatNamedIn(line: string): ReplicaFormat | null {
  if (line.includes('"msg":"selected v0.3.x snapshot"')) return 'generations';
  return line.includes('"msg":"restore plan"') ? 'ltx' : null;
}
