import { writeFileSync } from 'node:fs';
import { DrillError, messageOf } from '../errors.ts';
import { resultJsonSchema } from '../result-schema.ts';
import { scenarioJsonSchema } from '../scenario/json-schema.ts';
import type { Io, SchemaOptions } from './options.ts';

/** `drill schema`: the JSON Schema of scenario files, or of result.json. `-` is stdout. */
export function schemaCommand({ of, output }: SchemaOptions, io: Io): number {
  const text = of === 'result' ? resultJsonSchema() : scenarioJsonSchema();
  if (output === '-') {
    io.stdout.write(text);
    return 0;
  }
  try {
    writeFileSync(output, text);
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
