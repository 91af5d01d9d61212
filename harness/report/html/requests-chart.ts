import type { ScenarioResult } from '../../result.ts';
import { bytes, count } from '../format.ts';
import { costInWords } from '../store-cost.ts';
import { type Area, drawing, horizontal, secondsAxis } from './axis.ts';
import { type Markup, markup } from './markup.ts';
import { simpleTable, withTable } from './tables.ts';

const ROW = 18;

/** Who asked the store for what, and how often; the part that was refused, failed or met a fault in another colour. */
export function requestsChart(drill: ScenarioResult): Markup | null {
  const { storeRequests } = drill;
  if (storeRequests === undefined || storeRequests.length === 0) return null;
  const area: Area = {
    width: 1000,
    height: 10 + storeRequests.length * ROW + 40,
    left: 150,
    right: 70,
    top: 10,
    bottom: 40,
  };
  const x = horizontal(area, [0, storeRequests.reduce((most, one) => Math.max(most, one.count), 0)]);
  const bars = storeRequests.map(({ role, method, count: often, refused, failed, faulted = 0 }, index) => {
    const y = area.top + index * ROW;
    // One that met a fault has failed as a rule: it is not counted twice.
    const bad = Math.min(often, refused + Math.max(failed, faulted));
    const width = (requests: number): number => x(requests) - area.left;
    return markup`<rect class="bar" x="${area.left}" y="${y + 2}" width="${width(often)}" height="${ROW - 5}"/><rect class="bad" x="${area.left}" y="${y + 2}" width="${width(bad)}" height="${ROW - 5}"/><text x="${area.left - 8}" y="${y + 13}" text-anchor="end">${role} ${method}</text><text class="faint" x="${x(often) + 6}" y="${y + 13}">${count(often)}</text>`;
  });
  const cost = costInWords(drill);
  const chart = withTable(
    'Requests to the store in both lives of the fleet, by who made them; red: refused, failed, or met by a fault.',
    drawing(area, 'Requests to the store', [secondsAxis(x, area, 'requests'), ...bars]),
    table(storeRequests),
  );
  return markup`${chart}${cost === null ? null : markup`<p class="note">${cost}</p>`}`;
}

function table(requests: NonNullable<ScenarioResult['storeRequests']>): Markup {
  const isFaulty = requests.some(({ faulted }) => faulted !== undefined);
  return simpleTable(
    [
      'who',
      'request',
      'how often',
      'refused',
      'failed',
      ...(isFaulty ? ['met a fault'] : []),
      'sent',
      'answered',
    ],
    requests.map(({ role, method, count: often, refused, failed, faulted, bytes: sent, answerBytes }) => [
      role,
      method,
      count(often),
      count(refused),
      count(failed),
      ...(isFaulty ? [count(faulted ?? 0)] : []),
      bytes(sent),
      answerBytes === undefined ? '–' : bytes(answerBytes),
    ]),
  );
}
