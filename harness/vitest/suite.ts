import { describe, expect, test } from 'vitest';
import { SCENARIOS_DIR } from '../project.ts';
import type { Result } from '../result.ts';
import { combinationsOf } from '../scenario/combinations.ts';
import { findScenarios } from '../scenario/registry.ts';
import { durationMs, type Scenario } from '../scenario/schema.ts';
import { type DrillOptions, runDrill } from './run-drill.ts';

export interface DrillSuiteOptions extends Omit<DrillOptions, 'signal'> {
  /** Ids or files; left out with neither tier nor tag: every scenario of the project. */
  readonly scenarios?: readonly string[];
  readonly tier?: Scenario['tier'];
  readonly tag?: string;
  /** What else the result of each scenario must be. It sees only what has passed. */
  readonly check?: (result: Result) => void | Promise<void>;
}

/** Beyond the limit of the drills themselves: to start, and to clean up after one that was ended. */
const SLACK_MS = 120_000;

/**
 * One ordinary test a scenario. It is green when the drill passed, and red when it failed or could not be measured; it is
 * never skipped and never tried again, whatever the project's own settings are.
 */
export function drillSuite(options: DrillSuiteOptions = {}): void {
  const { scenarios = [], tier = null, tag = null, check, ...run } = options;
  describe('disaster-recovery drills', async () => {
    // Nothing that fits, or a mistake in a file, is an error here, and so a red suite.
    const found = await findScenarios({ names: scenarios, tier, tag }, SCENARIOS_DIR);
    for (const { scenario, file } of found) {
      const timeout = limitMs(scenario, run) + SLACK_MS;
      test(`${scenario.id}: ${scenario.title}`, { timeout, retry: 0, concurrent: false }, async ({
        signal,
      }) => {
        const result = await runDrill(file, { ...run, signal });
        expect(result).toPassDrill();
        await check?.(result);
      });
    }
  });
}

function limitMs(scenario: Scenario, { litestream, store = 'auto', timeout }: DrillSuiteOptions): number {
  const drills = combinationsOf(scenario, { litestream: litestream ?? null, store }).length;
  return drills * durationMs(timeout ?? scenario.timeout);
}
