import type { Path } from './positions.ts';

/** Two fields that are right one by one and wrong together. */
export interface Contradiction {
  /** The field that the message is shown at. */
  readonly at: Path;
  /** Every field that it speaks of: when one of them is invalid itself, this is not worth saying. */
  readonly fields: readonly Path[];
  readonly message: string;
}

/** One by the names of its fields, with dots: the first is where it is shown. */
export function contradiction(message: string, at: string, ...others: readonly string[]): Contradiction {
  const fields = [at, ...others].map((field) => field.split('.'));
  return { at: at.split('.'), fields, message };
}
