import type { OrderedStop } from '../evidence/host.ts';
import type { DrillContext } from './context.ts';
import type { FaultRecord } from './host-scene.ts';

/** What a shell makes of a program that SIGTERM has ended. */
const TERMINATED = 128 + 15;

/**
 * Notes an end of the supervisor that SIGTERM has ordered. A service manager takes exit code 0 and an end by that signal for
 * one in good order; any other is a failure there, after which a unit may not come up again, and so it is here.
 */
export function noteOrderedStop(
  { recorder }: Pick<DrillContext, 'recorder'>,
  record: FaultRecord,
  stop: OrderedStop,
): void {
  record.orderedStops = [...(record.orderedStops ?? []), stop];
  const { exitCode, signal } = stop;
  if (exitCode === null && (signal === null || signal === 'SIGTERM')) return;
  if (exitCode === 0 || exitCode === TERMINATED) return;
  const how = signal ?? `exit code ${exitCode}`;
  recorder.subjectFailed('unclean-end', `the supervisor ended with ${how} after SIGTERM`);
}
