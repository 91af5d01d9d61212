import { scaleLinear, type ScaleLinear } from 'd3-scale';
import { type Markup, markup } from './markup.ts';

/** The plot area of a chart, in the units of its viewBox. */
export interface Area {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export type Scale = ScaleLinear<number, number>;

/** A horizontal scale over an area whose domain ends at round figures. */
export function horizontal(area: Area, domain: readonly [number, number]): Scale {
  const [from, to] = domain;
  return scaleLinear([from, to > from ? to : from + 1], [area.left, area.width - area.right]).nice();
}

export function vertical(area: Area, domain: readonly [number, number]): Scale {
  const [from, to] = domain;
  return scaleLinear([from, to > from ? to : from + 1], [area.height - area.bottom, area.top]).nice();
}

/** Figures below an area, seconds as a rule, with grid lines. */
export function secondsAxis(scale: Scale, area: Area, title: string): Markup {
  const ticks = scale.ticks(8);
  const format = scale.tickFormat(8);
  const base = area.height - area.bottom;
  return markup`<g class="tick">${ticks.map(
    (tick) =>
      markup`<line class="grid" x1="${scale(tick)}" x2="${scale(tick)}" y1="${area.top}" y2="${base}"/><text x="${scale(tick)}" y="${base + 16}" text-anchor="middle">${format(tick)}</text>`,
  )}<text x="${area.width - area.right}" y="${base + 32}" text-anchor="end">${title}</text></g>`;
}

/** Counts at the left of an area, with grid lines. */
export function countAxis(scale: Scale, area: Area, title: string): Markup {
  const ticks = scale.ticks(5).filter(Number.isInteger);
  const format = scale.tickFormat(5, ',d');
  return markup`<g class="tick">${ticks.map(
    (tick) =>
      markup`<line class="grid" x1="${area.left}" x2="${area.width - area.right}" y1="${scale(tick)}" y2="${scale(tick)}"/><text x="${area.left - 6}" y="${scale(tick) + 4}" text-anchor="end">${format(tick)}</text>`,
  )}<text x="${area.left}" y="${area.top - 8}">${title}</text></g>`;
}

/** Seconds at the left of an area, with grid lines. */
export function secondsScale(scale: Scale, area: Area, title: string): Markup {
  const ticks = scale.ticks(5);
  const format = scale.tickFormat(5);
  return markup`<g class="tick">${ticks.map(
    (tick) =>
      markup`<line class="grid" x1="${area.left}" x2="${area.width - area.right}" y1="${scale(tick)}" y2="${scale(tick)}"/><text x="${area.left - 6}" y="${scale(tick) + 4}" text-anchor="end">${format(tick)}</text>`,
  )}<text x="${area.left}" y="${area.top - 12}">${title}</text></g>`;
}

/** The frame of a chart: an image with a name for those who cannot see it; its table says the same. */
export function drawing(
  area: Pick<Area, 'width' | 'height'>,
  name: string,
  content: readonly Markup[],
): Markup {
  return markup`<svg viewBox="0 0 ${area.width} ${area.height}" role="img" aria-label="${name}"><title>${name}</title>${content}</svg>`;
}
