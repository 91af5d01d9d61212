import type { DatabaseResult, ScenarioResult } from '../../result.ts';
import { count, duration } from '../format.ts';
import { databaseLink } from './anchors.ts';
import { type Area, drawing, horizontal, type Scale, secondsAxis } from './axis.ts';
import { type Markup, markup } from './markup.ts';
import { simpleTable, withTable } from './tables.ts';

/** The page of a thousand databases stays below 3 MB with it. */
const MOST_ROWS = 1000;

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What became of one database after the kill. `verified` null: it was not, or an older result does not say when. */
interface Row {
  readonly path: string;
  readonly restored: Span;
  readonly verified: Span | null;
}

/** Every restore as a thin line in time, and so how many ran at once; behind it in the same row its verification. */
export function restoresChart(drill: ScenarioResult): Markup | null {
  const rows = drill.databases.flatMap(rowOf).toSorted((a, b) => a.restored.fromMs - b.restored.fromMs);
  if (rows.length === 0) return null;
  const hasVerified = rows.some(({ verified }) => verified !== null);
  // Of a thousand there is less than a pixel for each: together they still show where it went slowly.
  const height = Math.min(14, 420 / rows.length);
  const area: Area = {
    width: 1000,
    height: 30 + rows.length * height + 40,
    left: 16,
    right: 16,
    top: 30,
    bottom: 40,
  };
  const spans = rows.flatMap(({ restored, verified }) => [
    restored,
    ...(verified === null ? [] : [verified]),
  ]);
  const x = horizontal(area, [
    spans.reduce((least, { fromMs }) => Math.min(least, fromMs), Infinity) / 1000,
    spans.reduce((most, { toMs }) => Math.max(most, toMs), 0) / 1000,
  ]);
  const atOnce = `Every restore, in the order in which they began; at most ${mostAtOnce(rows.map(({ restored }) => restored))} at once.`;
  return withTable(
    hasVerified
      ? `${atOnce} Behind it in the same row, thinner: the verification of what came back.`
      : atOnce,
    drawing(area, hasVerified ? 'Restores in time, and their verification' : 'Restores in time', [
      secondsAxis(x, area, 'seconds from the kill'),
      ...(hasVerified ? [legend(area)] : []),
      ...rows.map((row, index) => bars(row, x, area.top + index * height, height)),
    ]),
    table(drill, rows),
  );
}

function rowOf({ path, restoreStartMs, restoreMs, verifyStartMs, verifyMs }: DatabaseResult): Row[] {
  const restored = span(restoreStartMs, restoreMs);
  return restored === null ? [] : [{ path, restored, verified: span(verifyStartMs, verifyMs) }];
}

function span(fromMs: number | null | undefined, tookMs: number | null): Span | null {
  return fromMs == null || tookMs === null || tookMs <= 0 ? null : { fromMs, toMs: fromMs + tookMs };
}

function bars({ path, restored, verified }: Row, x: Scale, y: number, row: number): Markup {
  const isThin = row < 1;
  const bar = (kind: string, { fromMs, toMs }: Span, top: number, height: number): Markup =>
    markup`<rect class="bar ${kind}" x="${x(fromMs / 1000)}" y="${top}" width="${Math.max(1, x(toMs / 1000) - x(fromMs / 1000))}" height="${height}"/>`;
  const words = `${path}: restore ${length(restored)}${verified === null ? '' : `, verification ${length(verified)}`}`;
  return markup`<g><title>${words}</title>${bar('strong', restored, y, isThin ? row : row * 0.7)}${
    verified === null ? null : bar('verify', verified, isThin ? y : y + row * 0.2, isThin ? row : row * 0.3)
  }</g>`;
}

function legend({ left }: Area): Markup {
  return markup`<g><rect class="bar strong" x="${left}" y="7" width="22" height="10"/><text x="${left + 28}" y="16">restore</text><rect class="bar verify" x="${left + 90}" y="10" width="22" height="4"/><text x="${left + 118}" y="16">verification</text></g>`;
}

/** The slowest first, and how many of how many they are. */
function table(drill: ScenarioResult, rows: readonly Row[]): Markup {
  const slowest = rows
    .toSorted((a, b) => b.restored.toMs - b.restored.fromMs - (a.restored.toMs - a.restored.fromMs))
    .slice(0, MOST_ROWS);
  return markup`<p class="note">${count(slowest.length)} of ${count(rows.length)} restores, the slowest first</p>${simpleTable(
    ['slowest restores', 'began after', 'took', 'verification began after', 'took'],
    slowest.map(({ path, restored, verified }) => [
      databaseLink(drill, path),
      duration(restored.fromMs),
      length(restored),
      verified === null ? '–' : duration(verified.fromMs),
      verified === null ? '–' : length(verified),
    ]),
  )}`;
}

function length({ fromMs, toMs }: Span): string {
  return duration(toMs - fromMs);
}

function mostAtOnce(spans: readonly Span[]): number {
  const turns = spans
    .flatMap(({ fromMs, toMs }) => [[fromMs, 1] as const, [toMs, -1] as const])
    .toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0;
  let most = 0;
  for (const [, change] of turns) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}
