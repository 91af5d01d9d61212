import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { DrillError, messageOf } from '../errors.ts';

const text = z.string().min(1).max(2000);

/** What an auditor asks and no program can know: who, why, approved by whom, and what becomes of the findings. */
export const statementSchema = z.strictObject({
  trigger: z.enum(['schedule', 'change', 'manual']).optional(),
  aim: text.optional(),
  conductedBy: text.optional(),
  witnessedBy: text.optional(),
  approvedBy: text.optional(),
  /** Where the objectives were agreed. */
  objectivesReference: text.optional(),
  maximumTolerableDowntime: text.optional(),
  /** How much each kind of database matters, in the words of whoever answers for it. A kind that is left out keeps its place. */
  criticality: z
    .strictObject({ system: text.optional(), realm: text.optional(), app: text.optional() })
    .optional(),
  harnessCommit: text.optional(),
  findings: z
    .array(
      z.strictObject({
        finding: text,
        severity: text.optional(),
        owner: text.optional(),
        due: text.optional(),
        ticket: text.optional(),
        status: text.optional(),
      }),
    )
    .max(1000)
    .default([]),
  disposal: text.optional(),
  retention: text.optional(),
  nextDrill: text.optional(),
});
export type Statement = z.infer<typeof statementSchema>;

export const NO_STATEMENT: Statement = { findings: [] };

/** Reads a statement, as YAML or JSON. A field that is not known is a mistake, not a remark. */
export function readStatement(file: string): Statement {
  let problem: string;
  let cause: unknown;
  try {
    const parsed = statementSchema.safeParse(parse(readFileSync(file, 'utf8'), { schema: 'failsafe' }) ?? {});
    if (parsed.success) return parsed.data;
    problem = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  } catch (error) {
    problem = messageOf(error).split('\n', 1)[0] ?? '';
    cause = error;
  }
  throw new DrillError('DRILL_E_PACK', {
    what: `${file} is no statement`,
    why: problem,
    fix: `fields are ${Object.keys(statementSchema.shape).join(', ')}; all may be left out`,
    exit: 2,
    cause,
  });
}
