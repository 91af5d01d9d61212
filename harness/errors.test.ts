import { expect, it } from 'vitest';
import { DrillError, foreseen } from './errors.ts';

it.each([
  ['ENOSPC', 'DRILL_E_DISK_SPACE'],
  ['SQLITE_FULL', 'DRILL_E_DISK_SPACE'],
  ['EROFS', 'DRILL_E_OUTPUT_UNWRITABLE'],
  ['EMFILE', 'DRILL_E_OPEN_FILES'],
])('%s is the machine, not a bug of the harness', (code, expected) => {
  const error = foreseen(Object.assign(new Error('no'), { code }));
  expect(error).toMatchObject({ code: expected, exit: 3, why: 'no' });
});

it('leaves its own errors as they are, and knows what it does not know', () => {
  const own = new DrillError('DRILL_E_USAGE', { what: 'a', why: 'b', fix: 'c', exit: 2 });
  expect(foreseen(own)).toBe(own);
  expect(foreseen(new TypeError('x is not a function'))).toBeNull();
  expect(foreseen('text')).toBeNull();
});
