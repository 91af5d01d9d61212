import type { Evidence } from '../evidence.ts';
import { plural, type Tally } from './tally.ts';

/** Whether there is anything to say of hooks: apps have some, or some lie there that nobody has. */
export function concernsHooks({ hooks, fleetFindings, thrown }: Evidence): boolean {
  return hooks !== undefined || [...fleetFindings, ...thrown].some(({ check }) => check === 'hooks');
}

const NAMES_MAX = 3;

/** What was saved live and never committed is lost by design: a remark, and a figure for an objective. */
export function hooksTally(tally: Tally, { hooks }: Evidence): Tally {
  if (hooks === undefined) return tally;
  const { committed, lostEdits, drifted } = hooks;
  const more = drifted.length > NAMES_MAX ? ', …' : '';
  const drift =
    `${plural(lostEdits, 'live edit')} lost, not replicated by design and never committed: ` +
    `${drifted.slice(0, NAMES_MAX).join(', ')}${more}`;
  return {
    ...tally,
    whenPassed: `${plural(committed, 'hook')} as version control has them`,
    notes: [...tally.notes, ...(lostEdits === 0 ? [] : [drift])],
  };
}
