import { line } from 'd3-shape';
import type { EarlierDrill } from '../../evidence/run-info.ts';
import type { ScenarioResult, Verdict } from '../../result.ts';
import { strictestMax } from '../../scenario/metrics.ts';
import { duration } from '../format.ts';
import { type Area, drawing, horizontal, secondsScale, vertical } from './axis.ts';
import { type Markup, markup } from './markup.ts';
import { simpleTable, verdictMark, withTable } from './tables.ts';

const AREA: Area = { width: 1000, height: 190, left: 70, right: 16, top: 30, bottom: 30 };

/** One drill of the trend; the last one is this one. */
type Point = Omit<EarlierDrill, 'runId' | 'startedAt'> & { readonly at: string };

/** RPO and RTO of this drill and of those before it; null where there were none. */
export function trendCharts(drill: ScenarioResult): Markup | null {
  const { earlier, measurements, verdict } = drill;
  if (earlier === undefined || earlier.length === 0) return null;
  const now = { verdict, rpoMs: measurements.rpoMs?.max ?? null, rtoMs: measurements.rtoMs };
  const points: Point[] = [
    ...earlier.map(({ startedAt, ...one }) => ({ ...one, at: startedAt })),
    { ...now, at: 'this run' },
  ];
  const limits = {
    rpoMs: strictestMax(drill.objectives, 'rpoMs'),
    rtoMs: strictestMax(drill.objectives, 'rtoMs'),
  };
  return withTable(
    'RPO of the worst database and RTO of the fleet, in runs of the same scenario, subject and store; the ring is this run. A gap: it was not measured. Round: pass, square: fail, hollow: inconclusive.',
    markup`${chart('RPO', points, 'rpoMs', limits.rpoMs)}${chart('RTO', points, 'rtoMs', limits.rtoMs)}`,
    simpleTable(
      ['run', 'verdict', 'RPO max', 'RTO'],
      points.map(({ at, verdict: of, rpoMs, rtoMs }) => [
        at,
        verdictMark(of),
        duration(rpoMs),
        duration(rtoMs),
      ]),
    ),
  );
}

function chart(
  name: string,
  points: readonly Point[],
  figure: 'rpoMs' | 'rtoMs',
  limitMs: number | null,
): Markup {
  const known = points.flatMap((point) => point[figure] ?? []);
  const x = horizontal(AREA, [0, points.length - 1]);
  const y = vertical(AREA, [0, Math.max(0, ...known, limitMs ?? 0) / 1000]);
  const at = points.map((point, index) => ({
    ...point,
    index,
    seconds: point[figure] === null ? null : point[figure] / 1000,
  }));
  type Placed = (typeof at)[number];
  const curve =
    line<Placed>()
      .defined(({ seconds }) => seconds !== null)
      .x(({ index }) => x(index))
      .y(({ seconds }) => y(seconds ?? 0))(at) ?? '';
  const marks = at.flatMap(({ seconds, index, verdict, at: when }) => {
    if (seconds === null) return [];
    const title = `${when}: ${verdict}, ${name} ${duration(seconds * 1000)}`;
    const ring =
      index === points.length - 1
        ? markup`<circle class="now" cx="${x(index)}" cy="${y(seconds)}" r="8"/>`
        : null;
    return [mark(x(index), y(seconds), verdict, title), ...(ring === null ? [] : [ring])];
  });
  const limit =
    limitMs === null
      ? null
      : markup`<line class="limit" x1="${AREA.left}" x2="${AREA.width - AREA.right}" y1="${y(limitMs / 1000)}" y2="${y(limitMs / 1000)}"/><text class="limit-text" x="${AREA.width - AREA.right}" y="${y(limitMs / 1000) - 5}" text-anchor="end">objective ${duration(limitMs)}</text>`;
  return drawing(AREA, `${name} of the last ${points.length} runs`, [
    secondsScale(y, AREA, `${name} in seconds, oldest run first`),
    markup`<path class="curve" d="${curve}"/>`,
    ...marks,
    ...(limit === null ? [] : [limit]),
  ]);
}

function mark(x: number, y: number, verdict: Verdict, title: string): Markup {
  if (verdict === 'fail')
    return markup`<rect class="point fail" x="${x - 4}" y="${y - 4}" width="8" height="8"><title>${title}</title></rect>`;
  return markup`<circle class="point ${verdict}" cx="${x}" cy="${y}" r="4"><title>${title}</title></circle>`;
}
