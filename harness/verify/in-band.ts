import type { Finding } from '../evidence/checks.ts';
import type { ExpectedState } from '../ledger/history-state.ts';
import { sameState } from './table-state.ts';
import { few, finding } from './finding.ts';
import type { Observation } from './observation.ts';

/**
 * `content`: what the database says of its own tables is what the ledger says. It changed in the same transactions as
 * the rows, so a state that was edited to fit some damage is not the one of the ledger.
 */
export function inBandFindings(
  path: string,
  observation: Observation,
  expected: ExpectedState,
  at: { readonly base: number; readonly life: number },
): Finding[] {
  const { inBand, seq, life } = observation;
  const found = (actual: string, detail: string, count: number): Finding =>
    finding('content', path, { expected: 'the in-band state of the ledger', actual, detail, count });
  if (inBand === null || seq === null)
    return [found('no in-band state', 'the tables or rows in which the drill keeps it are gone', 1)];
  const names = new Set([...inBand.keys(), ...expected.tables.keys()]);
  const wrong = [...names].filter((name) => !sameState(inBand.get(name), expected.tables.get(name)));
  const findings =
    wrong.length > 0
      ? [found(`${wrong.length} of ${names.size} tables in another state`, few(wrong), wrong.length)]
      : [];
  // A database that the new host has not yet written to still is in the life before.
  const lives = seq > at.base ? [at.life] : [at.life, Math.max(1, at.life - 1)];
  if (life !== null && !lives.includes(life))
    findings.push(found(`life ${life}`, `life ${at.life} wrote last`, 1));
  return findings;
}
