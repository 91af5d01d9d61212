import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { monotonicUs } from '../clock.ts';
import type { RestoreOutcome, RestoreRecord } from '../evidence.ts';
import { restoreInvocation } from '../litestream/restore-command.ts';
import type { S3Settings } from '../store/s3-client.ts';
import { unsoundness } from './soundness.ts';

export interface RestoreJob {
  /** Database path relative to data_dir. */
  readonly path: string;
  /** Exists for this one restore; nothing else is in it. */
  readonly workDir: string;
  /** Key prefix of the fleet in the bucket. */
  readonly prefix: string;
  readonly store: S3Settings;
  readonly litestream: string;
  /** PATH of the restore's environment. */
  readonly searchPath: string;
  readonly timeoutMs: number;
}

const OUTPUT_TAIL_BYTES = 100_000;

/** Restores one database into its work folder. `file` is null unless the restored file is sound. */
export async function restoreDatabase(
  job: RestoreJob,
): Promise<{ record: RestoreRecord; file: string | null }> {
  const startUs = monotonicUs();
  const file = join(job.workDir, 'restored.db');
  const run = await runLitestream(job, file);
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
    },
    file: outcome === 'restored' ? file : null,
  });
  if (run.timedOut) return end('timeout', `no end within ${job.timeoutMs} ms`);
  if (run.exitCode !== 0) return end('failed', run.lastWords);
  if (size === null || size === 0) return end('no-file', 'exit code 0, and no file');
  const reason = await unsoundness(file);
  return reason === null ? end('restored', '') : end('unsound', reason);
}

async function runLitestream(job: RestoreJob, outputFile: string) {
  await mkdir(job.workDir, { recursive: true, mode: 0o700 });
  const configPath = join(job.workDir, 'litestream.yml');
  const invocation = restoreInvocation({
    litestream: job.litestream,
    settings: job.store,
    prefix: job.prefix,
    path: job.path,
    output: outputFile,
    configPath,
    env: { PATH: job.searchPath, HOME: job.workDir },
  });
  await writeFile(configPath, invocation.configText, { mode: 0o600 });
  const result = await execa(invocation.command, invocation.args, {
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
    maxBuffer: OUTPUT_TAIL_BYTES,
  });
  return {
    exitCode: result.exitCode ?? null,
    timedOut: result.timedOut,
    lastWords: lastLine(result.all) || (result.shortMessage ?? `signal ${result.signal ?? 'unknown'}`),
  };
}

function lastLine(text: string | undefined): string {
  return (text ?? '').trim().split('\n').at(-1)?.slice(0, 500) ?? '';
}
