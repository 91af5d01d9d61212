/** What an exact count of a check says. */
interface CountedCheck {
  readonly check: string;
  readonly count: number;
}

const FORM = /^([a-z:-]+) == (\d{1,6})$/;

/** Reads `identity == 1`; null: it is not written so. */
export function parseMustCount(text: string): CountedCheck | null {
  const [, check, count] = FORM.exec(text) ?? [];
  return check === undefined || count === undefined ? null : { check, count: Number(count) };
}
