import type { Random } from '../random.ts';

/** A UUID version 7 in lower case, as RustBaas makes for records, files, users and admins: ids order by time. */
export function uuidV7(atMs: number, random: Random): string {
  const time = atMs.toString(16).padStart(12, '0');
  const a = random.int(0, 0xfff).toString(16).padStart(3, '0');
  const b = random.int(0x8000, 0xbfff).toString(16);
  const c = random.int(0, 0xffffff).toString(16).padStart(6, '0');
  const d = random.int(0, 0xffffff).toString(16).padStart(6, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${a}-${b}-${c}${d}`;
}

/** An opaque token of 32 hex digits. */
export function token(random: Random): string {
  return Array.from({ length: 4 }, () => random.int(0, 0x7fffffff).toString(16).padStart(8, '0')).join('');
}

/** An instant as RustBaas stores it: RFC 3339 with `+00:00`. */
export function timestamp(atMs: number): string {
  const day = Math.floor(atMs / DAY_MS);
  if (day !== lastDay.day) lastDay = { day, text: new Date(atMs).toISOString().slice(0, 11) };
  const ms = atMs - day * DAY_MS;
  const hour = TWO_DIGITS[Math.floor(ms / 3_600_000)];
  const minute = TWO_DIGITS[Math.floor(ms / 60_000) % 60];
  const second = TWO_DIGITS[Math.floor(ms / 1000) % 60];
  return `${lastDay.text}${hour}:${minute}:${second}.${String(ms % 1000).padStart(3, '0')}+00:00`;
}

const DAY_MS = 86_400_000;
const TWO_DIGITS = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

/** Consecutive rows nearly always fall on one day, and making its text is most of the work. */
let lastDay = { day: Number.NaN, text: '' };
