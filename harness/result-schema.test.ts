import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { evidenceWith, finding, greenRun } from './judge/green-evidence.ts';
import { judgeRun } from './judge/judge.ts';
import { resultJsonSchema } from './result-schema.ts';

function fileText(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

test('the committed schema is what the code says: npm run schema', () => {
  expect(fileText('result.schema.json')).toBe(resultJsonSchema());
});

describe('by the schema', () => {
  const schema = z.fromJSONSchema(JSON.parse(fileText('result.schema.json')) as z.core.JSONSchema.JSONSchema);
  const isValid = (result: unknown): boolean => schema.safeParse(result).success;
  const evidence = evidenceWith(({ fleetFindings }) => void fleetFindings.push(finding('blobs', null)));
  const result = judgeRun([evidence], greenRun([evidence]));

  test('a result is one, also that of an older version', () => {
    expect(isValid(result)).toBe(true);
    expect(isValid(JSON.parse(fileText('result-of-0.1.0.json')))).toBe(true);
  });

  test('what a later version adds within the major is no mistake', () => {
    const [drill] = result.scenarios;
    expect(isValid({ ...result, later: 1, scenarios: [{ ...drill, later: [] }] })).toBe(true);
  });

  test.each([
    ['of another schema version', { ...result, schemaVersion: 2 }],
    ['with another verdict', { ...result, verdict: 'ok' }],
    ['without its drills', { ...result, scenarios: undefined }],
    ['with a figure that is none', { ...result, durationMs: '1' }],
  ])('a result %s is none', (_, broken) => {
    expect(isValid(JSON.parse(JSON.stringify(broken)))).toBe(false);
  });
});
