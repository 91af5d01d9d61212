import { DrillError, describeError, messageOf } from '../errors.ts';
import { chooseLitestream } from '../litestream/choose.ts';
import { SupervisorError } from '../supervisor/failure.ts';
import type { LeaseTiming } from '../supervisor/lease-record.ts';
import { openLog } from '../supervisor/log.ts';
import { runSupervisor } from '../supervisor/supervisor.ts';

export interface SuperviseOptions {
  /** Path of rustbase.toml. */
  readonly config: string;
  /** A version, or the path of a Litestream; left out: the first on PATH, or the one of `npm install`. */
  readonly litestream?: string;
  /** Take the prefix from the host that replicates to it now. */
  readonly takeOver?: boolean;
  /** Left out: by the replicate interval. */
  readonly leaseTiming?: LeaseTiming;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs the supervisor in the foreground. SIGTERM, SIGINT and SIGHUP end it in good order, a second one at once. Answers
 * the exit code: 0 after an ordered end, or when replication is disabled; 2 or 3 when it could not start.
 */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) kill.abort();
    stop.abort();
  };
  const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const env = options.env ?? process.env;
    const { litestream = null } = options;
    await runSupervisor({
      config: options.config,
      litestream: litestream === null ? null : (await chooseLitestream(litestream, env)).path,
      takeOver: options.takeOver ?? false,
      ...(options.leaseTiming === undefined ? {} : { leaseTiming: options.leaseTiming }),
      env,
      log: openLog(process.stderr),
      stop: stop.signal,
      kill: kill.signal,
    });
    return 0;
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`);
    return error instanceof SupervisorError || error instanceof DrillError ? error.exit : 4;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

function describe(error: unknown): string {
  if (error instanceof DrillError) return describeError(error);
  if (!(error instanceof SupervisorError)) return `the supervisor failed: ${messageOf(error)}`;
  return `[${error.code}] ${error.what}\n  why: ${error.why}\n  do:  ${error.fix}`;
}
