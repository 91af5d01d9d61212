import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CLASS_OF_ERROR, CLASS_OF_GAP, FIX_OF_CHECK, FIX_OF_SUBJECT } from '../failure-classes.ts';
import { FAILURE_CODES, failureCodes } from './failure-codes.ts';

it('is what npm run docs:codes would write', () => {
  expect(readFileSync(FAILURE_CODES, 'utf8')).toBe(failureCodes());
});

it('has every code, once', () => {
  const codes = [CLASS_OF_ERROR, CLASS_OF_GAP, FIX_OF_CHECK, FIX_OF_SUBJECT].flatMap((all) =>
    Object.keys(all),
  );
  const rows = [...failureCodes().matchAll(/^\| `([^`]+)` \|/gm)].map(([, code]) => code);
  expect(new Set(rows)).toEqual(new Set(codes));
  expect(rows).toHaveLength(codes.length);
});
