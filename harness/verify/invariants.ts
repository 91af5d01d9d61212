import type { Finding } from '../evidence/checks.ts';
import { fileInvariantFindings } from './collections.ts';
import { type FleetView, isAsInLedger } from './fleet-view.ts';
import { policyFindings } from './policies.ts';
import { registryFindings } from './registry.ts';

/** `invariants`: what RustBaas itself takes for granted, inside each file and across them. */
export function invariantFindings(view: FleetView): Finding[] {
  const inside = [...view.databases.values()].flatMap((database) =>
    database.observation === null || isAsInLedger(database)
      ? []
      : fileInvariantFindings(database.path, database.observation.facts),
  );
  return [...inside, ...registryFindings(view), ...policyFindings(view)];
}
