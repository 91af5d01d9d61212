import { writeFileSync } from 'node:fs';
import { DrillError, messageOf } from '../errors.ts';
import { scenarioJsonSchema } from '../scenario/json-schema.ts';
import type { Io } from './options.ts';

/** `drill schema`: the JSON Schema of scenario files. `-` is stdout. */
export function schemaCommand({ output }: { readonly output: string }, io: Io): number {
  if (output === '-') {
    io.stdout.write(scenarioJsonSchema());
    return 0;
  }
  try {
    writeFileSync(output, scenarioJsonSchema());
  } catch (error) {
    throw new DrillError('DRILL_E_OUTPUT_UNWRITABLE', {
      what: `${output} cannot be written`,
      why: messageOf(error),
      fix: 'name another file with --output',
      exit: 2,
      cause: error,
    });
  }
  return 0;
}
