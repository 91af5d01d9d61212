import type { z } from 'zod';
import type { OwnCheck } from '../own/restored.ts';
import type { scenarioSchema } from './schema.ts';

/** A scenario as it is written in TypeScript: the fields of a YAML one, and checks of its own. */
export type ScenarioDefinition = Omit<z.input<typeof scenarioSchema>, '$schema'> & {
  /** One check, which is called `own:verify` in the result, or several by name: `own:NAME`. */
  readonly verify?: OwnCheck | Readonly<Record<string, OwnCheck>>;
  /** Limit of each of these checks; `60s` where it is left out. */
  readonly verifyTimeout?: string;
};

/** Tells a definition from any other default export, also between two copies of this package. */
const MARK = Symbol.for('rustbaas-dr-drill.scenario');

export interface DefinedScenario {
  readonly definition: ScenarioDefinition;
}

/**
 * Defines a scenario as the default export of its own file. It is held against the same schema as a YAML one when it is
 * loaded, not here: every mistake is then told with its file and line.
 */
export function defineScenario(definition: ScenarioDefinition): DefinedScenario {
  return Object.assign({ definition }, { [MARK]: true });
}

export function isDefined(value: unknown): value is DefinedScenario {
  return typeof value === 'object' && value !== null && MARK in value && 'definition' in value;
}

/** The checks of a definition by name. */
export function ownChecksOf({ verify }: ScenarioDefinition): ReadonlyMap<string, OwnCheck> {
  if (verify === undefined) return new Map();
  return new Map(typeof verify === 'function' ? [['verify', verify]] : Object.entries(verify));
}
