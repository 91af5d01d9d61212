import type { Evidence } from '../evidence.ts';
import type { Failure, Tally } from './tally.ts';

/** A dead host uploads nothing: what arrives later comes from a process that the kill missed. */
export function lateUploads(tally: Tally, evidence: Evidence): Tally {
  const { kill, requestLogComplete } = evidence;
  const failures = evidence.lateUploads.map(({ method, key, atUs }): Failure => {
    const afterMs = kill === null ? 0 : Math.round((atUs - kill.atUs) / 1000);
    const actual = `${method} ${key}, ${afterMs} ms after the kill`;
    return { database: null, count: 1, expected: tally.expected, actual, detail: `first ${actual}` };
  });
  return {
    ...tally,
    whenPassed: 'nothing did',
    failures: [...tally.failures, ...failures],
    unmeasured: [
      ...tally.unmeasured,
      ...(kill === null ? ['there was no kill'] : []),
      ...(requestLogComplete ? [] : ["the store's request log is incomplete"]),
    ],
    notes: [
      ...tally.notes,
      ...(kill?.escaped ?? []).map(
        ({ pid, command }) => `process ${pid} had left the host's process group and was killed: ${command}`,
      ),
    ],
  };
}
