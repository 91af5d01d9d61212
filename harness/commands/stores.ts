import { messageOf } from '../errors.ts';
import type { StoreChoice } from '../scenario/combinations.ts';
import { chooseStore, describeChoice, minioWays, type StorePlan } from '../store/choose.ts';
import { findContainerEngine } from '../store/container-engine.ts';
import { sweepContainers } from '../store/container-sweep.ts';

/** Finds every store that is wanted, once, before anything is started, and says what it came to. */
export async function planStores(
  choices: Iterable<StoreChoice>,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<(choice: StoreChoice) => StorePlan> {
  const ways = minioWays(env, (image) => say(`pulling the image ${image}`));
  const plans = new Map<StoreChoice, StorePlan>();
  for (const choice of new Set(choices)) {
    const chosen = await chooseStore(choice, ways);
    if (choice !== 'embedded') say(`store: ${describeChoice(chosen)}`);
    plans.set(choice, chosen.plan);
  }
  return (choice) => plans.get(choice) ?? { kind: 'embedded' };
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
