import { messageOf } from '../errors.ts';
import type { StoreChoice } from '../scenario/combinations.ts';
import type { Scenario } from '../scenario/schema.ts';
import { chooseStore, describeChoice, minioWays, type StorePlan } from '../store/choose.ts';
import { findContainerEngine } from '../store/container-engine.ts';
import { sweepContainers } from '../store/container-sweep.ts';
import { externalSettings } from '../store/external-settings.ts';

/** The store that a drill wants. Only an external one depends on the scenario. */
interface Wanted {
  readonly store: StoreChoice;
  readonly loaded: { readonly scenario: Pick<Scenario, 'store'> };
}

/** Finds every store that is wanted, once, before anything is started, and says what it came to. */
export async function planStores(
  wanted: readonly Wanted[],
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<(drill: Wanted) => StorePlan> {
  const ways = minioWays(env, (image) => say(`pulling the image ${image}`));
  const plans = new Map<StoreChoice, StorePlan>();
  const externalPlans = new Map<Scenario['store'], StorePlan>();
  for (const { store: choice, loaded } of wanted) {
    const place = loaded.scenario.store;
    if (choice === 'external' ? externalPlans.has(place) : plans.has(choice)) continue;
    if (choice === 'external') {
      const plan: StorePlan = { kind: 'external', settings: externalSettings(env, place) };
      externalPlans.set(place, plan);
      say(`store: ${describeChoice({ plan, passedOver: [] })}`);
      continue;
    }
    const chosen = await chooseStore(choice, ways);
    if (choice !== 'embedded') say(`store: ${describeChoice(chosen)}`);
    plans.set(choice, chosen.plan);
  }
  return ({ store, loaded }) =>
    (store === 'external' ? externalPlans.get(loaded.scenario.store) : plans.get(store)) ?? {
      kind: 'embedded',
    };
}

/** Removes the containers that crashed runs left. Without an engine that answers there is nothing to be done. */
export async function sweepCrashedContainers(
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<string[]> {
  const engine = await findContainerEngine(env).catch(() => null);
  if (engine === null) return [];
  return sweepContainers(engine.client).catch((error: unknown) => {
    // What is left costs memory and nothing else: no reason not to drill. The next start tries again.
    say(`containers of crashed runs could not be swept: ${messageOf(error)}`);
    return [];
  });
}
