import type { Finding } from '../evidence/checks.ts';
import { finding } from './finding.ts';
import {
  type FleetView,
  isBack,
  isRegistered,
  isRemovalBegun,
  lostCreationAgeMs,
  lostDeletionAgeMs,
  registrationFate,
  ageMs,
} from './fleet-view.ts';
import { childPath, registrationsOf } from './places.ts';

/**
 * `invariants`, across files: every realm and app that a restored parent registers has its file, and every file its
 * row. Parent and child recover independently, so a lost write of the one may leave the other alone: then the age of
 * that loss goes with the finding.
 */
export function registryFindings(view: FleetView): Finding[] {
  const findings: Finding[] = [];
  for (const [path, { observation }] of view.databases) {
    for (const id of observation?.facts.children ?? []) {
      const child = childPath(path, id);
      if (child !== null && !isBack(view, child)) findings.push(...rowWithoutFile(view, path, id, child));
    }
    if (observation !== null) findings.push(...fileWithoutRow(view, path));
  }
  return findings;
}

function rowWithoutFile(view: FleetView, parent: string, id: string, child: string): Finding[] {
  const history = view.ledger.databases.get(child);
  const [registration] = registrationsOf(child);
  const created = registration === undefined ? null : registrationFate(view, registration).created;
  // The host died between the two steps: the row was written, the file was not yet there.
  if (history === undefined && created !== null) return [];
  // The other way round: the folder was removed, or was being removed, when the row's deletion was lost.
  if (isRemovalBegun(view, child)) return [];
  const explainedByLossAgeMs =
    lostDeletionAgeMs(view, child) ?? (history === undefined ? null : lostCreationAgeMs(view, history));
  return [
    finding('invariants', parent, {
      expected: `${child} for the row ${id}`,
      actual: 'no file',
      detail: 'RustBaas would create an empty database at the first request',
      count: 1,
      explainedByLossAgeMs,
    }),
  ];
}

function fileWithoutRow(view: FleetView, path: string): Finding[] {
  const [registration] = registrationsOf(path);
  if (registration === undefined || view.ledger.databases.get(path)?.deletedUs !== null) return [];
  if (isRegistered(view, registration) !== false || isRemovalBegun(view, path)) return [];
  const { createLost, created } = registrationFate(view, registration);
  return [
    finding('invariants', path, {
      expected: `a row ${registration.id} in ${registration.table} of ${registration.parent}`,
      actual: 'none',
      detail: createLost ? 'the write that registered it is lost' : 'no lost write explains it',
      count: 1,
      explainedByLossAgeMs: createLost && created !== null ? ageMs(view, created.atUs) : null,
    }),
  ];
}
