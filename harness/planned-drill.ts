import type { LitestreamBinary } from './litestream/binary.ts';
import type { StoreChoice } from './scenario/combinations.ts';
import type { Expectation } from './scenario/expectation.ts';
import type { LoadedScenario } from './scenario/load.ts';
import type { StorePlan } from './store/choose.ts';

/** Litestream is replaced by another so long after the start of the load. */
export interface PlannedUpgrade {
  readonly atMs: number;
  readonly litestream: LitestreamBinary;
}

/** One drill of a run: a scenario in one combination, with a seed of its own and what is expected of it. */
export interface PlannedDrill extends Expectation {
  readonly drillId: string;
  readonly loaded: LoadedScenario;
  readonly seed: number;
  readonly litestream: LitestreamBinary;
  /** What takes its place under the living fleet, in the order of time. */
  readonly upgrades: readonly PlannedUpgrade[];
  readonly store: StorePlan;
}

/** A drill whose store has not been looked for yet. */
export type DrillWithoutStore = Omit<PlannedDrill, 'store'> & { readonly store: StoreChoice };

/** A drill whose Litestream has not been looked for yet either. */
export type WantedDrill = Omit<DrillWithoutStore, 'litestream' | 'upgrades'> & {
  readonly litestream: string | null;
};

/** The Litestream that is in place at the disaster: the recovery and the new host use the same. */
export function lastLitestream({ litestream, upgrades }: PlannedDrill): LitestreamBinary {
  return upgrades.at(-1)?.litestream ?? litestream;
}
