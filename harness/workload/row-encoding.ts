import Sqlite from 'better-sqlite3';
import type { TableShape } from '../ledger/digest.ts';

/** A column's value as better-sqlite3 gives it with safe integers: INTEGER is a bigint, REAL a number. */
export type StoredValue = string | bigint | number | null | Uint8Array;

/** Writes a REAL as SQLite's `format('%!.17g')` does. */
export type FormatReal = (value: number) => string;

/** SQLite's own number formatting, from a database of nothing but memory. */
export function realFormatter(): FormatReal {
  const statement = new Sqlite(':memory:').prepare("SELECT format('%!.17g', ?)").pluck();
  return (value) => statement.get(value) as string;
}

/**
 * A row's canonical text, as `rowEncodingSql` spells it, from values that were read back. With a hundred open
 * databases the SQL expression costs four times as much here: its program is a long one, of each table of each
 * database, and never in the processor's cache.
 */
export function encodeRow(shape: TableShape, values: readonly StoredValue[], formatReal: FormatReal): string {
  let text = `${shape.table}\n`;
  shape.columns.forEach((name, index) => {
    const value = values[index];
    if (value === null || value === undefined) return;
    if (typeof value === 'string') text += `${name}=t${Buffer.byteLength(value)}:${value};`;
    else if (typeof value === 'bigint') text += `${name}=i${value};`;
    else if (typeof value === 'number') text += `${name}=r${formatReal(value)};`;
    else text += `${name}=b${Buffer.from(value).toString('hex').toUpperCase()};`;
  });
  return text;
}
