import { addDrillMatchers } from './matchers.ts';

/** The scenarios of a project as tests of its vitest: `drillSuite()`, or `runDrill` and the matchers by themselves. */
export { runDrill, type DrillOptions } from './run-drill.ts';
export { drillSuite, type DrillSuiteOptions } from './suite.ts';
export type { Result, ScenarioResult } from '../result.ts';

addDrillMatchers();
