import type { InBand } from '../fleet/in-band.ts';
import type { TableState } from '../ledger/records.ts';

const MODULUS_MASK = (1n << 256n) - 1n;

/** Row count and multiset digest of one table, kept as a number so that a write costs one addition. */
export interface TableSum {
  readonly rows: number;
  readonly sum: bigint;
}

export const EMPTY_SUM: TableSum = { rows: 0, sum: 0n };

/** What a writer knows of a database between two handles: how far it has come and what its tables hold. */
export class Account {
  seq = 0;
  readonly tables = new Map<string, TableSum>();

  constructor(inBand: InBand) {
    this.takeOver(inBand);
  }

  /** From here on it is as the database itself has it. */
  takeOver({ seq, tables }: InBand): void {
    this.seq = seq;
    this.tables.clear();
    for (const [name, [rows, digest]] of tables) this.tables.set(name, { rows, sum: BigInt(`0x${digest}`) });
  }
}

/** The state after one row was replaced. `before` null: inserted; `after` null: deleted. */
export function replaceRow(state: TableSum, before: string | null, after: string | null): TableSum {
  let { rows, sum } = state;
  if (before !== null) {
    sum -= BigInt(`0x${before}`);
    rows--;
  }
  if (after !== null) {
    sum += BigInt(`0x${after}`);
    rows++;
  }
  // Two's complement: the mask takes a negative sum to its residue too.
  return { rows, sum: sum & MODULUS_MASK };
}

/** The state as ledger and in-band tables spell it. */
export function tableState({ rows, sum }: TableSum): TableState {
  return [rows, sum.toString(16).padStart(64, '0')];
}
