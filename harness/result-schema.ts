import { z } from 'zod';
import { resultSchema } from './result.ts';

/**
 * The text of `result.schema.json`, for those who read results with other tools. Draft 7 like that of scenarios. Fields
 * beyond these are allowed although we write none: a later version may add some, and its results are none the less valid.
 */
export function resultJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(resultSchema, {
    target: 'draft-7',
    io: 'output',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  const titled = { $schema, title: 'The result of a disaster-recovery drill', ...schema };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
