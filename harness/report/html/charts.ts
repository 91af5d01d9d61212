import { area as areaShape, line } from 'd3-shape';
import type { ScenarioResult } from '../../result.ts';
import { strictestMax } from '../../scenario/metrics.ts';
import { count, duration, shortened } from '../format.ts';
import { databaseLink } from './anchors.ts';
import { type Area, countAxis, drawing, horizontal, secondsAxis, vertical } from './axis.ts';
import { type Markup, markup } from './markup.ts';
import { simpleTable, withTable } from './tables.ts';

const WIDTH = 1000;
const ROW = 22;

/** The phases of the drill in time, the faults that were planted in them, and the kill. */
export function timelineChart(drill: ScenarioResult): Markup | null {
  const { timeline, killMs } = drill;
  if (timeline.length === 0) return null;
  const rows = [...timeline.map((phase) => ({ ...phase, kind: 'bar' })), ...faultSpans(drill)];
  const area: Area = {
    width: WIDTH,
    height: 30 + rows.length * ROW + 40,
    left: 190,
    right: 16,
    top: 30,
    bottom: 40,
  };
  const end = rows.reduce((latest, { endMs }) => Math.max(latest, endMs), 0);
  const x = horizontal(area, [0, end / 1000]);
  const bars = rows.map(({ phase, startMs, endMs, kind }, index) => {
    const y = area.top + index * ROW;
    return markup`<rect class="${kind}" x="${x(startMs / 1000)}" y="${y + 3}" width="${Math.max(1.5, x(endMs / 1000) - x(startMs / 1000))}" height="${ROW - 7}"><title>${phase}: ${duration(endMs - startMs)}</title></rect><text x="${area.left - 8}" y="${y + 15}" text-anchor="end">${phase}</text>`;
  });
  const kill =
    killMs == null
      ? null
      : markup`<line class="kill" x1="${x(killMs / 1000)}" x2="${x(killMs / 1000)}" y1="${area.top - 8}" y2="${area.height - area.bottom}"/><text class="kill-text" x="${x(killMs / 1000)}" y="${area.top - 13}" text-anchor="middle">SIGKILL</text>`;
  return withTable(
    'What happened when: the phases of the drill, what was broken on purpose, each from its first strike to its end, and the kill of the host.',
    drawing(area, 'Timeline of the drill', [
      secondsAxis(x, area, 'seconds from the start'),
      ...bars,
      ...(kill === null ? [] : [kill]),
    ]),
    simpleTable(
      ['phase', 'from', 'to', 'took'],
      rows.map(({ phase, startMs, endMs }) => [
        phase,
        duration(startMs),
        duration(endMs),
        duration(endMs - startMs),
      ]),
    ),
  );
}

/** Faults that took effect, at the instants that the scenario has for them; none outlives the phase that it is for. */
function faultSpans({ faults, timeline, killMs }: ScenarioResult) {
  return faults.flatMap(({ id, engaged, window }) => {
    const phase = timeline.find((one) => one.phase === window?.phase);
    if (!engaged || window === undefined || phase === undefined) return [];
    const endMs = window.phase === 'load' ? (killMs ?? phase.endMs) : phase.endMs;
    const startMs = Math.min(phase.startMs + window.fromMs, endMs);
    return [
      {
        phase: shortened(`fault ${id}`, 28),
        startMs,
        endMs: Math.max(startMs, Math.min(phase.startMs + (window.toMs ?? Infinity), endMs)),
        kind: 'fault',
      },
    ];
  });
}

/** The RPO of every database: one mark each, the objective as a line, the worst named. */
export function rpoChart(drill: ScenarioResult): Markup | null {
  const { rpoMs } = drill.measurements;
  const measured = drill.databases.flatMap(({ path, rpoMs: own }) =>
    own === null ? [] : [{ path, rpoMs: own }],
  );
  if (measured.length === 0 || rpoMs === null) return null;
  const area: Area = { width: WIDTH, height: 190, left: 16, right: 16, top: 36, bottom: 40 };
  const limitMs = strictestMax(drill.objectives, 'rpoMs');
  const x = horizontal(area, [0, Math.max(rpoMs.max, limitMs ?? 0) / 1000]);
  const worst = measured.reduce((most, one) => (one.rpoMs > most.rpoMs ? one : most));
  const dots = stacked(measured.map(({ rpoMs: own }) => x(own / 1000)));
  const base = area.height - area.bottom - 6;
  // The room above the axis is shared by as many marks as stand in the highest pile.
  const step = Math.min(
    9,
    (base - area.top - 8) / dots.reduce((most, { level }) => Math.max(most, level), 1),
  );
  const marks = measured.map((one, index) => {
    const { at, level } = dots[index] ?? { at: 0, level: 0 };
    const kind = one === worst ? 'dot worst' : 'dot';
    return markup`<circle class="${kind}" cx="${at}" cy="${base - level * step}" r="4"><title>${one.path}: ${duration(one.rpoMs)}</title></circle>`;
  });
  return withTable(
    markup`RPO of every database: the age, at the kill, of the oldest acknowledged write that did not come back. Worst: ${databaseLink(drill, worst.path)}`,
    drawing(area, 'RPO of every database', [
      secondsAxis(x, area, 'RPO in seconds'),
      // The worst on top of its pile, not somewhere below it.
      ...marks.toSpliced(measured.indexOf(worst), 1),
      ...marks.slice(measured.indexOf(worst), measured.indexOf(worst) + 1),
      ...(limitMs === null ? [] : [limit(x(limitMs / 1000), area, `objective ${duration(limitMs)}`)]),
      markup`<text x="${area.left}" y="16">worst: ${worst.path}, ${duration(worst.rpoMs)}</text>`,
    ]),
    simpleTable(
      ['databases', 'p50', 'p95', 'p99', 'max', 'worst'],
      [
        [
          count(measured.length),
          duration(rpoMs.p50),
          duration(rpoMs.p95),
          duration(rpoMs.p99),
          duration(rpoMs.max),
          databaseLink(drill, worst.path),
        ],
      ],
    ),
  );
}

/** Acknowledged writes up to the kill, and those of them that came back. */
export function progressChart({ progress }: ScenarioResult): Markup | null {
  if (progress === undefined || progress.length < 2) return null;
  const area: Area = { width: WIDTH, height: 260, left: 70, right: 16, top: 30, bottom: 40 };
  const last = progress.at(-1);
  const x = horizontal(area, [(progress[0]?.atMs ?? 0) / 1000, 0]);
  const y = vertical(area, [0, last?.acknowledged ?? 1]);
  type Point = (typeof progress)[number];
  const curve = (of: (point: Point) => number): string =>
    line<Point>(
      (point) => x(point.atMs / 1000),
      (point) => y(of(point)),
    )(progress) ?? '';
  const gap =
    areaShape<Point>(
      (point) => x(point.atMs / 1000),
      (point) => y(point.restored),
      (point) => y(point.acknowledged),
    )(progress) ?? '';
  const samples = progress.filter((_, index) => (index + 1) % Math.ceil(progress.length / 12) === 0);
  return withTable(
    'Writes acknowledged up to an instant (solid), and how many of them came back (dashed); between them, what was lost.',
    drawing(area, 'Acknowledged and restored writes over time', [
      secondsAxis(x, area, 'seconds before the kill'),
      countAxis(y, area, 'writes'),
      markup`<path class="gap" d="${gap}"/><path class="curve" d="${curve(({ acknowledged }) => acknowledged)}"/><path class="curve restored" d="${curve(({ restored }) => restored)}"/>`,
    ]),
    simpleTable(
      ['before the kill', 'acknowledged', 'of these restored', 'lost'],
      samples.map(({ atMs, acknowledged, restored }) => [
        duration(-atMs),
        count(acknowledged),
        count(restored),
        count(acknowledged - restored),
      ]),
    ),
  );
}

const STAGES: Readonly<Record<string, string>> = {
  detected: 'host dead, disk gone',
  provisioned: 'new host ready',
  discovered: 'bucket listed',
  firstDatabase: 'first database back',
  restored: 'last database back',
  verified: 'all verified',
  booted: 'application up',
  firstWrites: 'a write in every database',
  protectedAgain: 'protected again',
};

/** From the kill to service: each stage at its instant, each bar from the stage before. */
export function recoveryChart(drill: ScenarioResult): Markup | null {
  const reached = Object.entries(STAGES).flatMap(([stage, name]) => {
    const atMs = drill.measurements.rtoStagesMs[stage];
    return atMs == null ? [] : [{ name, atMs }];
  });
  if (reached.length === 0) return null;
  const area: Area = {
    width: WIDTH,
    height: 30 + reached.length * ROW + 40,
    left: 190,
    right: 80,
    top: 30,
    bottom: 40,
  };
  const limitMs = strictestMax(drill.objectives, 'rtoMs');
  const latest = reached.reduce((most, { atMs }) => Math.max(most, atMs), 0);
  const isNear = limitMs !== null && limitMs < latest * 2;
  const x = horizontal(area, [0, Math.max(latest, isNear ? limitMs : 0) / 1000]);
  const bars = reached.map(({ name, atMs }, index) => {
    const fromMs = Math.min(atMs, reached[index - 1]?.atMs ?? 0);
    const y = area.top + index * ROW;
    return markup`<rect class="bar strong" x="${x(fromMs / 1000)}" y="${y + 3}" width="${Math.max(1.5, x(atMs / 1000) - x(fromMs / 1000))}" height="${ROW - 7}"/><text x="${area.left - 8}" y="${y + 15}" text-anchor="end">${name}</text><text class="faint" x="${x(atMs / 1000) + 6}" y="${y + 15}">${duration(atMs)}</text>`;
  });
  return withTable(
    'From the kill back to service, stage by stage. Verification may begin while restores still run.',
    drawing(area, 'Stages of the recovery', [
      secondsAxis(x, area, 'seconds from the kill'),
      ...bars,
      ...(isNear ? [limit(x(limitMs / 1000), area, `objective ${duration(limitMs)}`)] : []),
    ]),
    simpleTable(
      ['stage', 'reached after'],
      reached.map(({ name, atMs }) => [name, duration(atMs)]),
    ),
  );
}

/** Marks that would cover each other are piled up. */
function stacked(positions: readonly number[]): { readonly at: number; readonly level: number }[] {
  const MARK = 8;
  const levels = new Map<number, number>();
  return positions.map((position) => {
    const slot = Math.round(position / MARK);
    const level = levels.get(slot) ?? 0;
    levels.set(slot, level + 1);
    return { at: slot * MARK, level };
  });
}

function limit(x: number, area: Area, words: string): Markup {
  const isRight = x > area.width / 2;
  return markup`<line class="limit" x1="${x}" x2="${x}" y1="${area.top - 6}" y2="${area.height - area.bottom}"/><text class="limit-text" x="${x + (isRight ? -6 : 6)}" y="${area.top + 4}" text-anchor="${isRight ? 'end' : 'start'}">${words}</text>`;
}
