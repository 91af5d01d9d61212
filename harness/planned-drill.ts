import type { LitestreamBinary } from './litestream/binary.ts';
import type { StoreChoice } from './scenario/combinations.ts';
import type { LoadedScenario } from './scenario/load.ts';
import type { Scenario } from './scenario/schema.ts';

/** One drill of a run: a scenario in one combination, with a seed of its own. */
export interface PlannedDrill {
  readonly drillId: string;
  readonly loaded: LoadedScenario;
  readonly seed: number;
  readonly litestream: LitestreamBinary;
  readonly store: StoreChoice;
  /** What is expected of this combination; the scenario's own expectation unless its matrix says otherwise. */
  readonly expect: Scenario['expect'];
  readonly mustFail: Scenario['mustFail'];
}
