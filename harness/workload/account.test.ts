import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { applyEffect, EMPTY_TABLE, rowHash } from '../ledger/digest.ts';
import { EMPTY_SUM, replaceRow, tableState } from './account.ts';

it('adds up row hashes as the ledger does', () => {
  expect(tableState(EMPTY_SUM)).toEqual(EMPTY_TABLE);
  const hash = fc.option(fc.uint8Array({ maxLength: 4 }).map(rowHash));
  fc.assert(
    fc.property(fc.array(fc.tuple(hash, hash)), (effects) => {
      let sum = EMPTY_SUM;
      let state = EMPTY_TABLE;
      for (const [before, after] of effects) {
        sum = replaceRow(sum, before, after);
        state = applyEffect(state, before, after);
      }
      expect(tableState(sum)).toEqual(state);
    }),
  );
});
