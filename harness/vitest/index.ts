import { addDrillMatchers } from './matchers.ts';

/** The scenarios of a project as tests of its vitest: `drillSuite()`, or `runDrill` and the matchers by themselves. */
export { runDrill, type DrillOptions } from './run-drill.ts';
export { drillSuite, type DrillSuiteOptions } from './suite.ts';
// Exported, so that the declarations name its module: what it adds to the types of expect would be lost otherwise.
export { addDrillMatchers };
export type { Result, ScenarioResult } from '../result.ts';

addDrillMatchers();
