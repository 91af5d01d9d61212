import { reasonOf } from './failure.ts';
import { replace } from './reconcile.ts';
import { pause, type Run } from './run.ts';

/** Looks at the bucket, tells what it sees, and cures uploads that 0.3 has given up. */
export async function watchLoop(run: Run): Promise<void> {
  const { fleet, watch } = run;
  const { log, stop } = run.options;
  // What is wrong with the store is told within five seconds where a listing takes less than half of one: a bucket that is slow to
  // list is not asked all the time, and there the lease that cannot be renewed wakes us.
  const calm = { fastMs: 250, slowMs: Math.max(3000, run.config.replicateIntervalSec * 1000) };
  let lastError: string | null = null;
  let isClockWrong = false;
  while (!stop.aborted) {
    fleet.woken = new AbortController();
    await watch.look(() => fleet.discovery.databases);
    const { error } = watch.bucket;
    if (error !== lastError)
      log.write(error === null ? 'info' : 'error', 'listing the bucket', { error: error ?? 'works again' });
    lastError = error;
    const clock = watch.clockProblem;
    if (isClockWrong !== (clock !== null)) {
      isClockWrong = clock !== null;
      if (clock === null) log.write('info', 'the clocks of this machine and of the store agree again');
      else log.write('error', clock.what, { why: clock.why, fix: clock.fix });
    }
    try {
      await cureStalls(run);
    } catch (failure) {
      log.write('error', 'litestream could not be started anew', { error: reasonOf(failure) });
    }
    run.publish();
    await pause(watch.pauseMs(calm), AbortSignal.any([stop, fleet.woken.signal]));
  }
}

async function cureStalls(run: Run): Promise<void> {
  const { watch } = run;
  const { discovery } = run.fleet;
  // It may not run, and will be started anew in any case.
  if (run.replication.status().state === 'fenced') return;
  const stalled = await watch.stalled(discovery.databases);
  if (stalled.length === 0) return;
  run.options.log.write('error', 'uploads have stalled; litestream is started anew', {
    count: stalled.length,
    databases: stalled.slice(0, 20),
  });
  watch.forgetStalls();
  await replace(run, run.fleet.replicated, []);
}
