import type { DatabaseHistory, LedgerWrite } from '../ledger/history.ts';
import type { FleetVerification } from '../verify/verify-fleet.ts';
import type { AcknowledgedWrite, RestoredDatabase } from './restored.ts';

/** What the process of a check is told, as one JSON file. */
export interface OwnChecksInput {
  readonly restoredDir: string;
  readonly databases: readonly Omit<RestoredDatabase, 'db'>[];
  readonly missing: readonly string[];
}

/** What came back, as the verification saw it, and what the ledger had acknowledged. */
export function ownChecksInput(
  restoredDir: string,
  histories: Iterable<DatabaseHistory>,
  verification: FleetVerification,
  killUs: number,
): OwnChecksInput {
  const living = [...histories].filter(({ deletedUs }) => deletedUs === null || deletedUs > killUs);
  const verified = (path: string) => verification.databases.get(path)?.verified ?? null;
  return {
    restoredDir,
    databases: living.flatMap((history) => {
      const seen = verified(history.path);
      return seen === null ? [] : [describe(history, seen.recoveryPoint, killUs)];
    }),
    missing: living.map(({ path }) => path).filter((path) => verified(path) === null),
  };
}

const REALM = /^realms\/([^/]+)\/(?:apps\/([^/]+)\/)?/;

function describe(
  { path, writes }: DatabaseHistory,
  recoveryPoint: number,
  killUs: number,
): OwnChecksInput['databases'][number] {
  const [, realm = null, app = null] = REALM.exec(path) ?? [];
  return {
    path,
    kind: app !== null ? 'app' : realm !== null ? 'realm' : 'system',
    realm,
    app,
    recoveryPoint,
    acknowledged: writes.flatMap((write) => acknowledgedWrite(write, recoveryPoint, killUs)),
  };
}

function acknowledgedWrite(
  { seq, kind, fate, atUs, effects }: LedgerWrite,
  recoveryPoint: number,
  killUs: number,
): AcknowledgedWrite[] {
  if (fate !== 'acknowledged' || atUs === null) return [];
  const rows = effects.map(([table, key, before, after]) => ({
    table,
    key,
    change:
      before === null ? ('insert' as const) : after === null ? ('delete' as const) : ('update' as const),
  }));
  return [{ seq, kind, ageMs: (killUs - atUs) / 1000, restored: seq <= recoveryPoint, rows }];
}
