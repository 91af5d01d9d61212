import type { TableState } from '../ledger/records.ts';

/** Whether two table states are the same; a table that is not there is the same only as one that is not there. */
export function sameState(a: TableState | undefined, b: TableState | undefined): boolean {
  return a?.[0] === b?.[0] && a?.[1] === b?.[1];
}
