import type { Finding } from '../evidence/checks.ts';
import { baseObjects } from './base-schema.ts';
import { counted, few, finding } from './finding.ts';
import type { Observation } from './observation.ts';

/**
 * `integrity`: the file can be opened, the full `integrity_check` and a read of every table find nothing, what is derived
 * from rows is what they give, and the tables without which RustBaas cannot run are there. `expectedTables`: those that the database had at that point
 * (a migration may have been under way); null when nothing is known.
 */
export function integrityFindings(
  path: string,
  observation: Observation,
  expectedTables: ReadonlySet<string> | null,
): Finding[] {
  const { unreadable, integrity, derived, objects } = observation;
  const found = (actual: string, detail: string, count: number): Finding =>
    finding('integrity', path, { expected: 'a sound database', actual, detail, count });
  if (unreadable !== null) return [found('it cannot be read', unreadable, 1)];
  const findings: Finding[] = [];
  if (integrity.length > 0)
    findings.push(found(counted(integrity.length, 'problem'), few(integrity), integrity.length));
  for (const { actual, detail, count } of derived) findings.push(found(actual, detail, count));
  const missing = [...baseObjects(path).keys()]
    .filter(
      (object) => object.startsWith('table ') && !object.startsWith('table sqlite_') && !objects.has(object),
    )
    .map((object) => object.slice('table '.length))
    .filter((table) => expectedTables?.has(table) === true);
  if (missing.length > 0)
    findings.push(
      found(`${counted(missing.length, 'table')} of RustBaas missing`, few(missing), missing.length),
    );
  return findings;
}
