import { z } from 'zod';
import { scenarioSchema } from './schema.ts';

/**
 * The text of scenarios/scenario.schema.json. Draft 7, because that is what the YAML language server reads; `input`,
 * because an author may leave out whatever has a default.
 */
export function scenarioJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(scenarioSchema, { target: 'draft-7', io: 'input' });
  const titled = { $schema, title: 'A disaster-recovery drill scenario', ...schema };
  return `${JSON.stringify(titled, null, 2)}\n`;
}
