import type { ScenarioResult } from '../result.ts';

/** The Litestream of a drill in words: `0.3.13`, or `0.3.13 → 0.5.17` where it was replaced under the living fleet. */
export function litestreamInWords({ litestream, upgrades = [] }: ScenarioResult['subject']): string {
  return [litestream, ...upgrades].map(({ version }) => version).join(' → ');
}
