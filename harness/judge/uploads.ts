import type { Evidence } from '../evidence.ts';
import { type Failure, plural, type Tally } from './tally.ts';

/** A dead host uploads nothing: what arrives later comes from a process that the kill missed. */
export function lateUploads(tally: Tally, evidence: Evidence): Tally {
  const { kill, secondKill, requestLogComplete } = evidence;
  const byListing = evidence.uploadWatch === 'listing';
  const failures = evidence.lateUploads.map(({ method, key, atUs }): Failure => {
    const afterMs = kill === null ? 0 : Math.round((atUs - kill.atUs) / 1000);
    const actual = `${method} ${key}, ${byListing ? 'seen ' : ''}${afterMs} ms after the kill`;
    return { database: null, count: 1, expected: tally.expected, actual, detail: `first ${actual}` };
  });
  return {
    ...tally,
    whenPassed: byListing ? 'nothing did, as far as listings tell' : 'nothing did',
    failures: [...tally.failures, ...failures],
    unmeasured: [
      ...tally.unmeasured,
      ...(kill === null ? ['there was no kill'] : []),
      ...(byListing ? unwatched(evidence) : []),
      ...(requestLogComplete || byListing ? [] : ["the store's request log is incomplete"]),
    ],
    notes: [
      ...tally.notes,
      ...(byListing ? [limitsOfListing(evidence)] : []),
      ...escapedNotes('the host', kill?.escaped),
      ...escapedNotes('the new host', secondKill?.escaped),
    ],
  };
}

function escapedNotes(host: string, escaped: NonNullable<Evidence['kill']>['escaped'] = []): string[] {
  return escaped.map(
    ({ pid, command }) => `process ${pid} had left ${host}'s process group and was killed: ${command}`,
  );
}

/** Windows that should have been looked at from both ends and were not: one after each death of a host. */
function unwatched({
  kill,
  uploadWindows = [],
  requestLogComplete,
  scenario,
  databases,
}: Evidence): string[] {
  if (kill === null) return [];
  const lived = scenario.secondLife && databases.some(({ second }) => second !== null);
  const wanted = lived ? 2 : 1;
  const watched = uploadWindows.filter(({ fromUs, toUs }) => toUs > fromUs).length;
  return [
    ...(requestLogComplete ? [] : ['the bucket could not be listed at the end of a window']),
    ...(watched >= wanted
      ? []
      : [`only ${watched} of ${plural(wanted, 'window')} without a living host could be watched`]),
  ];
}

/** What comparing listings cannot see. A reader must not take it for more. */
function limitsOfListing({ kill, uploadWindows = [] }: Evidence): string {
  const seconds = uploadWindows.map(({ fromUs, toUs }) => `${((toUs - fromUs) / 1_000_000).toFixed(1)} s`);
  const fromMs = kill === null ? 0 : Math.round(((uploadWindows[0]?.fromUs ?? kill.atUs) - kill.atUs) / 1000);
  return (
    `told by comparing listings, for ${seconds.join(' and ') || 'no time at all'}, from ${fromMs} ms after the kill: the store keeps no log ` +
    "for us, so what a process of the dead host uploads while the new host runs is not told from the new host's own, " +
    'and a refused upload is not seen'
  );
}

/** For `clean-host`, where nobody could see who read what. */
export function readsNote({ uploadWatch }: Evidence): string[] {
  if (uploadWatch !== 'listing') return [];
  return [
    'whether each database was read from the bucket was not checked: the store keeps no log of requests for us',
  ];
}
