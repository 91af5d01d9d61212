/** What a project that installs the drill may import: scenarios in TypeScript, and the words that they are written in. */
export { defineScenario, type ScenarioDefinition } from './scenario/define.ts';
export type {
  AcknowledgedWrite,
  OwnCheck,
  OwnFinding,
  ReadOnlyDatabase,
  Restored,
  RestoredDatabase,
} from './own/restored.ts';
export type { Result, ScenarioResult, Verdict } from './result.ts';
