import { z } from 'zod';
import type { OwnCheckRecord } from '../evidence/own-check.ts';

/** What the process of a check answers. */
export type OwnAnswer = Pick<OwnCheckRecord, 'opened' | 'findings' | 'error'>;

/** More are counted and not kept: a check that finds every row wrong has said enough. */
const MOST_FINDINGS = 1000;
const LONGEST_TEXT = 500;

const text = z.string().transform((whole) => whole.slice(0, LONGEST_TEXT));

const findingSchema = z.strictObject({
  database: z.string().nullable().default(null),
  expected: text,
  actual: text,
  detail: text.default(''),
  count: z.number().int().min(1).default(1),
});

/** Findings as a check returned them. Anything else that it returned is no answer. */
export function answerOf(returned: unknown, opened: number): OwnAnswer {
  const parsed = z.array(findingSchema).safeParse(returned);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    return {
      opened,
      findings: [],
      error: `it returned no list of findings: ${where}${issue?.message ?? ''}`,
    };
  }
  const findings = parsed.data.slice(0, MOST_FINDINGS);
  const rest = parsed.data.slice(MOST_FINDINGS);
  if (rest.length === 0) return { opened, findings, error: null };
  const count = rest.reduce((sum, finding) => sum + finding.count, 0);
  const more = { database: null, expected: '', actual: `${rest.length} more findings`, detail: '', count };
  return { opened, findings: [...findings, more], error: null };
}
