import { processesOfHost } from '../host/process-scan.ts';
import { SUPERVISOR } from '../host/protocol.ts';
import { durationMs } from '../scenario/schema.ts';
import { waitFor } from '../waiting.ts';
import type { DrillContext } from './context.ts';
import type { HostUnderTest } from './start-host.ts';

const LOOK_MS = 100;

/**
 * Waits until the bucket shows every seeded database protected. One that is not in time is the subject's failure;
 * the drill goes on, so that the evidence shows what that costs.
 */
export async function awaitProtection(drill: DrillContext, { host, watch }: HostUnderTest): Promise<void> {
  const { scenario, recorder, found, order } = drill;
  if (!scenario.protection.await) return;
  const total = found.seeded?.databases ?? 0;
  const timeoutMs = durationMs(scenario.protection.timeout);
  const probe = (): 'all' | 'nobody works' | null => {
    host.assertLed();
    recorder.progress(watch.protectedUs.size, total, 'protected');
    if (watch.protectedUs.size >= total) return 'all';
    // Nothing is left on the host but its leader: nobody will ever protect anything.
    const idle =
      host.exitOf(SUPERVISOR) !== null &&
      processesOfHost({ groupId: null, folder: host.paths.folder }).length <= 1;
    return idle ? 'nobody works' : null;
  };
  const outcome = await waitFor(probe, { timeoutMs, everyMs: LOOK_MS, signal: order.signal });
  if (outcome === 'all') return;
  const why =
    outcome === 'nobody works'
      ? 'the supervisor ended and left no process behind'
      : `not within ${scenario.protection.timeout}`;
  recorder.subjectFailed(
    'never-protected',
    `never protected: ${total - watch.protectedUs.size} of ${total} databases before the load (${why})`,
  );
  // By a code of its own: that is no matter of time.
  if (outcome === 'nobody works') recorder.subjectFailed('supervisor-ended', why);
  if (watch.failure !== null)
    recorder.fault('DRILL_E_STORE_UNREACHABLE', `the bucket could not be listed: ${watch.failure}`);
}
