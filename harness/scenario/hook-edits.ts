import { hookName } from '../fleet/hooks.ts';
import { randomFor } from '../random.ts';
import { drawInstant, type PlannedChange, type Realm } from './changes.ts';
import type { Scenario } from './schema.ts';

/** Of this many live edits, one saves a hook that version control has never seen. */
const NEW_EVERY = 4;

/** Draws which hooks are saved live, and when. */
export function planHookEdits(inputs: {
  readonly hooks: Scenario['hooks'];
  readonly killAfterMs: number;
  readonly realms: readonly Realm[];
  readonly seed: number;
}): Omit<PlannedChange, 'writer'>[] {
  const { hooks, killAfterMs, realms, seed } = inputs;
  const apps = realms.flatMap((realm) => realm.apps.map((app) => ({ realm: realm.slug, app: app.slug })));
  if (hooks.perApp === 0 || apps.length === 0) return [];
  const random = randomFor(seed, 'hook-edits');
  return Array.from({ length: hooks.liveEdits }, (_, edit) => {
    const index = edit % NEW_EVERY === NEW_EVERY - 1 ? hooks.perApp : random.int(0, hooks.perApp - 1);
    return {
      kind: 'edit-hook' as const,
      atMs: drawInstant(random, killAfterMs),
      ...random.pick(apps),
      name: hookName(index),
    };
  });
}
