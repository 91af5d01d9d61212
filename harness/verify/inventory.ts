import type { Finding } from '../evidence/checks.ts';
import { finding } from './finding.ts';
import {
  type FleetView,
  isBack,
  isRemovalBegun,
  lostCreationAgeMs,
  lostDeletionAgeMs,
} from './fleet-view.ts';

/**
 * `inventory`: every database that lived at the kill is back, and no other. What was created or deleted by writes
 * that are lost is explained by the age of that loss.
 */
export function inventoryFindings(view: FleetView): Finding[] {
  const { ledger, entries } = view;
  const files = new Map(entries.filter(({ kind }) => kind === 'file').map((entry) => [entry.path, entry]));
  const findings: Finding[] = [];
  for (const history of ledger.databases.values()) {
    const { path, deletedUs } = history;
    if (deletedUs !== null) {
      if (files.has(path)) findings.push(resurrected(view, path));
      continue;
    }
    const empty = files.get(path)?.sizeBytes === 0;
    if (empty) {
      const detail = 'RustBaas would take it for a new database';
      findings.push(
        finding('inventory', path, {
          expected: 'the database',
          actual: 'a file of zero bytes',
          detail,
          count: 1,
        }),
      );
    } else if (!isBack(view, path) && !isRemovalBegun(view, path)) {
      const explainedByLossAgeMs = lostCreationAgeMs(view, history) ?? lostDeletionAgeMs(view, path);
      const detail = history.seeded ? 'it was there before the load' : 'it was created during the load';
      findings.push(
        finding('inventory', path, {
          expected: 'the database',
          actual: 'no file',
          detail,
          count: 1,
          explainedByLossAgeMs,
        }),
      );
    }
  }
  for (const path of files.keys()) {
    if (!path.endsWith('.db') || ledger.databases.has(path)) continue;
    findings.push(
      finding('inventory', path, {
        expected: 'no such file',
        actual: 'a file',
        detail: 'no database of the ledger ever was there',
        count: 1,
      }),
    );
  }
  return findings;
}

function resurrected(view: FleetView, path: string): Finding {
  const explainedByLossAgeMs = lostDeletionAgeMs(view, path);
  const detail =
    explainedByLossAgeMs === null ? 'and no restored database registers it' : 'its deletion is lost';
  return finding('inventory', path, {
    expected: 'no file: it was deleted',
    actual: 'a file',
    detail,
    count: 1,
    explainedByLossAgeMs,
  });
}
