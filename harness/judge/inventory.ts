import type { Evidence } from '../evidence.ts';
import type { Fate } from './fates.ts';
import { type Failure, plural, type Tally } from './tally.ts';
import { whereabouts } from './whereabouts.ts';

/**
 * Registry, bucket and restored set against the ledger. Protected implies restorable: a protected database that is
 * not back is a failure whatever its age. One that was neither protected nor older than the RPO objective was never
 * promised; it is counted and named in a remark.
 */
export function inventory(tally: Tally, evidence: Evidence, fates: readonly Fate[]): Tally {
  const excused = fates.filter((fate) => fate.excused);
  const where = whereabouts(evidence, fates);
  const back = fates.filter(({ end }) => end === 'restored').length;
  return {
    ...tally,
    whenPassed: `${plural(back, 'database')} back`,
    failures: [...fates.flatMap(failureOf), ...tally.failures],
    unmeasured: [
      ...tally.unmeasured,
      ...fates.flatMap(({ end, name, why }) => (end === 'unknown' ? [`${name}: ${why}`] : [])),
    ],
    notes: [...tally.notes, ...(where === null ? [] : [where]), ...excusedNotes(excused)],
  };
}

function failureOf({ end, excused, name, why, database }: Fate): Failure[] {
  if (excused) return [];
  if (end === 'missing' || end === 'unsound') {
    const claim = database.claimedProtected === true ? ', which its supervisor claimed to be protected,' : '';
    const expected = `${name}${claim} is back`;
    return [{ database: name, count: 1, expected, actual: why, detail: why }];
  }
  if (end === 'resurrected') {
    return [{ database: name, count: 1, expected: `${name} stays deleted`, actual: why, detail: why }];
  }
  return [];
}

function excusedNotes(excused: readonly Fate[]): string[] {
  if (excused.length === 0) return [];
  const names = excused.slice(0, 5).map(({ name, why }) => `${name} (${why})`);
  const more = excused.length > names.length ? `, and ${excused.length - names.length} more` : '';
  return [
    `${plural(excused.length, 'database')} excused, within the RPO objective: ${names.join(', ')}${more}`,
  ];
}
