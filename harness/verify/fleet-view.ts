import type { CheckId } from '../evidence/checks.ts';
import type { DatabaseHistory, Ledger, LedgerWrite } from '../ledger/history.ts';
import type { BlobFact } from './blob-facts.ts';
import { type Registration, registrationsOf } from './places.ts';
import type { FolderEntry } from './restored-folder.ts';
import type { VerifiedDatabase } from './verify-database.ts';

/** What the checks of a whole fleet look at. */
export interface FleetView {
  readonly restoredDir: string;
  readonly ledger: Ledger;
  readonly killUs: number;
  /** Start of the last round of the operator's blob mirror that was completed; null: there is no mirror. */
  readonly mirroredUpToUs: number | null;
  /** What is where blobs belong, by path. */
  readonly blobs: ReadonlyMap<string, BlobFact>;
  readonly entries: readonly FolderEntry[];
  /** Databases of the ledger; `observation` null: no file, or an empty one. */
  readonly databases: ReadonlyMap<string, VerifiedDatabase>;
}

/** Whether a database's file is there and was looked into. */
export function isBack(view: FleetView, path: string): boolean {
  return view.databases.get(path)?.observation != null;
}

const OWN_CONTENT: readonly CheckId[] = [
  'identity',
  'integrity',
  'schema',
  'contiguity',
  'no-phantoms',
  'row-counts',
  'content',
];

/** Whether a file is exactly what the ledger says of its recovery point: then the dead host had the same state. */
export function isAsInLedger(database: VerifiedDatabase): boolean {
  const { verified } = database;
  return (
    verified !== null &&
    verified.thrown.length === 0 &&
    !verified.findings.some(({ check }) => OWN_CONTENT.includes(check))
  );
}

/** Age at the kill of a write; one without an acknowledgement has none to lose. */
export function ageMs(view: FleetView, atUs: number | null): number {
  return atUs === null ? 0 : Math.max(0, (view.killUs - atUs) / 1000);
}

/** What became of a row that registers a database. */
export interface RegistrationFate {
  /** Whether the restored parent has the row; null: the parent cannot tell. */
  readonly there: boolean | null;
  /** The last write that made it, or deleted it, whatever its fate. */
  readonly created: LedgerWrite | null;
  readonly deleted: LedgerWrite | null;
  /** The restored parent lacks the last of these writes. */
  readonly createLost: boolean;
  readonly deleteLost: boolean;
}

/** Whether a restored parent registers a database; null: it cannot tell. */
export function isRegistered(view: FleetView, { parent, id }: Registration): boolean | null {
  return view.databases.get(parent)?.observation?.facts.children?.includes(id) ?? null;
}

/** A registering row in the ledger and in the restored parent. */
export function registrationFate(view: FleetView, registration: Registration): RegistrationFate {
  const { parent, table, id } = registration;
  const restored = view.databases.get(parent);
  const history = view.ledger.databases.get(parent);
  const { created, deleted } = registeringWrites(history, table, JSON.stringify([id]));
  const there = isRegistered(view, registration);
  const isLost = (write: LedgerWrite | null): boolean =>
    write !== null && (restored?.lostWrites.includes(write.seq) ?? false);
  return {
    there,
    created,
    deleted,
    createLost: there !== true && isLost(created),
    deleteLost: there === true && deleted !== null && (isLost(deleted) || deleted.fate === 'unknown'),
  };
}

function registeringWrites(
  history: DatabaseHistory | undefined,
  table: string,
  key: string,
): { created: LedgerWrite | null; deleted: LedgerWrite | null } {
  const touching = (test: (before: string | null, after: string | null) => boolean): LedgerWrite | null =>
    history?.writes.findLast(({ effects }) =>
      effects.some(([of, row, before, after]) => of === table && row === key && test(before, after)),
    ) ?? null;
  return {
    created: touching((before, after) => before === null && after !== null),
    deleted: touching((before, after) => before !== null && after === null),
  };
}

/** Whether the application had begun to remove a database: its row, or its realm's, was being deleted. */
export function isRemovalBegun(view: FleetView, path: string): boolean {
  return registrationsOf(path).some((registration) => {
    const { there, deleted, created } = registrationFate(view, registration);
    return deleted !== null && deleted.seq > (created?.seq ?? -1) && there !== true;
  });
}

/** Age of the lost deletion that explains why something deleted is still known; null: none does. */
export function lostDeletionAgeMs(view: FleetView, path: string): number | null {
  for (const registration of registrationsOf(path)) {
    const { deleteLost, deleted } = registrationFate(view, registration);
    if (deleteLost && deleted !== null) return ageMs(view, deleted.atUs);
  }
  return null;
}

/** Age of the loss that explains why a database of the ledger is not back; null: none does. */
export function lostCreationAgeMs(view: FleetView, history: DatabaseHistory): number | null {
  const ages = registrationsOf(history.path).flatMap((registration) => {
    const { createLost, created } = registrationFate(view, registration);
    return createLost && created !== null ? [ageMs(view, created.atUs)] : [];
  });
  return Math.max(ageMs(view, history.base.at), ...ages);
}
