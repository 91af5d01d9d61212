import type { Evidence } from '../evidence.ts';
import type { DatabaseEvidence } from '../evidence/database.ts';
import type { ScenarioResult } from '../result.ts';
import type { Statement } from './statement.ts';

/** What was drilled of a fleet: every database by name, how much it matters, and whether it was restored and verified. */
export function scopeOf(
  { drillId, databases }: ScenarioResult,
  evidences: readonly Evidence[],
  statement: Statement,
) {
  const missing = databases.filter(({ restoreMs }) => restoreMs === null);
  const restored = databases.length - missing.length;
  const recorded = evidences.find((evidence) => evidence.drillId === drillId)?.databases ?? [];
  return {
    drillId,
    databases: databases.length,
    restored,
    coveragePercent: databases.length === 0 ? null : (restored / databases.length) * 100,
    // No drill takes a sample: what was not verified had no file, or the drill ended before it.
    selection: 'all',
    verified: recorded.filter(({ verified }) => verified !== null).length,
    notRestored: missing.map(({ path, verdict, detail }) => ({ path, verdict, why: detail })),
    inventory: recorded.map((database) => listed(database, statement)),
  };
}

function listed({ path, kind, epoch, restore, verified, deletedUs }: DatabaseEvidence, statement: Statement) {
  const stated = statement.criticality?.[kind];
  return {
    path,
    kind,
    epoch,
    criticality: stated ?? DEFAULT_CRITICALITY[kind],
    criticalityFrom: stated === undefined ? 'default' : 'statement',
    isDeleted: deletedUs !== null,
    isRestored: restore?.outcome === 'restored',
    isVerified: verified !== null,
  };
}

/** The order in which one is of no use without the other: a realm is found through system.db, an app through its realm. */
const DEFAULT_CRITICALITY: Readonly<Record<DatabaseEvidence['kind'], string>> = {
  system: '1',
  realm: '2',
  app: '3',
};
