import path from 'node:path';
import { DrillError } from '../errors.ts';
import type { LoadedScenario } from './load.ts';

/** Stands in a scenario's command for the folder that the scenario's file lies in. */
const HERE = '{here}';

/**
 * The shell command of the supervisor under test; null: our own. A scenario that names one is about that one, so it keeps
 * it when another is asked for on the command line for the others.
 */
export function supervisorFor({ scenario, file }: LoadedScenario, asked: string | null): string | null {
  const { command } = scenario.supervisor;
  if (command === undefined) return asked;
  return command.replaceAll(HERE, quoted(path.dirname(path.resolve(file))));
}

/** As a report names it: the same on every machine. */
export function supervisorInWords({ scenario }: LoadedScenario, asked: string | null): string {
  return scenario.supervisor.command ?? asked ?? 'drill supervise';
}

/** A supervisor that was asked for and that no chosen scenario would start is a mistake, and must not look like a drill of it. */
export function assertStarted(asked: string | null, chosen: readonly LoadedScenario[]): void {
  if (asked === null || chosen.some(({ scenario }) => scenario.supervisor.command === undefined)) return;
  throw new DrillError('DRILL_E_USAGE', {
    what: '--supervisor would not be started',
    why: `${chosen.map(({ scenario }) => scenario.id).join(', ')}: every chosen scenario names a supervisor of its own`,
    fix: 'leave --supervisor out, or choose another scenario: npm run drill -- list',
    exit: 2,
  });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
