import type { Random } from '../random.ts';

/** A UUID version 7 in lower case, as RustBaas makes for records, files, users and admins: ids order by time. */
export function uuidV7(atMs: number, random: Random): string {
  const time = atMs.toString(16).padStart(12, '0');
  const twelveBits = (): string => THREE_DIGITS[random.int(0, 0xfff)] ?? '';
  const variant = random.int(0x8000, 0xbfff).toString(16);
  const tail = twelveBits() + twelveBits() + twelveBits() + twelveBits();
  return `${time.slice(0, 8)}-${time.slice(8)}-7${twelveBits()}-${variant}-${tail}`;
}

/** Every number of twelve bits as three hex digits: seeding makes ids by the hundred thousand. */
const THREE_DIGITS = Array.from({ length: 0x1000 }, (_, value) => value.toString(16).padStart(3, '0'));

/** An opaque token of 32 hex digits. */
export function token(random: Random): string {
  return Array.from({ length: 4 }, () => random.int(0, 0x7fffffff).toString(16).padStart(8, '0')).join('');
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** An instant as RustBaas stores it: RFC 3339 with `+00:00`. */
export function timestamp(atMs: number): string {
  const minute = Math.floor(atMs / MINUTE_MS);
  if (minute !== lastMinute.minute) {
    lastMinute = { minute, text: new Date(minute * MINUTE_MS).toISOString().slice(0, 17) };
  }
  const digits = String(100_000 + (atMs - minute * MINUTE_MS));
  return `${lastMinute.text}${digits.slice(1, 3)}.${digits.slice(3)}+00:00`;
}

/** Consecutive rows nearly always fall in one minute, and making its text is most of the work. */
let lastMinute = { minute: Number.NaN, text: '' };

/** The day of an instant, like 2026-06-03. */
export function dateText(atMs: number): string {
  const day = Math.floor(atMs / DAY_MS);
  let text = dates.get(day);
  if (text === undefined) {
    text = new Date(day * DAY_MS).toISOString().slice(0, 10);
    dates.set(day, text);
  }
  return text;
}

/** Ten years of days at most: the range of the dates in rows. */
const dates = new Map<number, string>();
