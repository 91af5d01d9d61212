import type { Finding } from '../evidence/checks.ts';
import { counted, finding } from './finding.ts';
import type { Observation } from './observation.ts';

/** `foreign-keys`: no row refers to a row that is not there. */
export function foreignKeyFindings(path: string, observation: Observation): Finding[] {
  const { foreignKeys } = observation;
  const count = foreignKeys.reduce((sum, [, rows]) => sum + rows, 0);
  if (count === 0) return [];
  const detail = foreignKeys.map(([table, rows]) => `${table}: ${rows}`).join(', ');
  return [
    finding('foreign-keys', path, {
      expected: 'no broken reference',
      actual: counted(count, 'broken reference'),
      detail,
      count,
    }),
  ];
}
