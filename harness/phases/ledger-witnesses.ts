import type { DrillErrorCode } from '../errors.ts';
import type { Ledger } from '../ledger/history.ts';

/** What is known of the writers of a ledger but by the ledger itself. */
export interface Witnesses {
  /** The instant of the kill that ended them. */
  readonly killUs: number;
  /** Acknowledgements that they told of, by ledger file. Each was noted before it was told. */
  readonly relayed: ReadonlyMap<string, number>;
}

/**
 * What speaks against a ledger: what was found in it when it was read, and what no look at it alone can tell. A tail that was
 * cut off at the end of a line, before the ledger was sealed, looks like a writer that was killed there; and a load that ended
 * before its time like one that lasted.
 */
export function ledgerFaults(
  ledger: Pick<Ledger, 'problems' | 'endsUs' | 'acknowledgedIn'>,
  { killUs, relayed }: Witnesses,
): { readonly code: DrillErrorCode; readonly message: string }[] {
  const found = ledger.problems.map((problem) => {
    return { code: 'DRILL_E_LEDGER_DAMAGED' as const, message: `the ledger is damaged: ${problem}` };
  });
  const cut = [...relayed].flatMap(([file, told]) => {
    const noted = ledger.acknowledgedIn.get(file) ?? 0;
    if (noted >= told) return [];
    const message = `the ledger lacks its end: ${file} has ${noted} acknowledgements, its writer had told of ${told}`;
    return [{ code: 'DRILL_E_LEDGER_DAMAGED' as const, message }];
  });
  // Nobody orders a writer to end in good order: faults that end one do it with a signal.
  const early = ledger.endsUs.filter((atUs) => atUs < killUs);
  if (early.length === 0) return [...found, ...cut];
  const beforeMs = Math.round((killUs - Math.min(...early)) / 1000);
  const message = `${early.length} of the writers ended by themselves, the first ${beforeMs} ms before the kill`;
  return [...found, ...cut, { code: 'DRILL_E_WRITER_FAILED', message }];
}
