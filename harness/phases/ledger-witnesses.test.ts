import { expect, it } from 'vitest';
import { ledgerFaults } from './ledger-witnesses.ts';

function faults(ledger: {
  readonly endsUs?: readonly number[];
  readonly acknowledged?: Readonly<Record<string, number>>;
  readonly problems?: readonly string[];
}): string[] {
  const {
    problems = [],
    endsUs = [],
    acknowledged = { 'writer-0.ndjson': 90, 'writer-1.ndjson': 40 },
  } = ledger;
  const relayed = new Map([
    ['writer-0.ndjson', 80],
    ['writer-1.ndjson', 40],
  ]);
  return ledgerFaults(
    { problems, endsUs, acknowledgedIn: new Map(Object.entries(acknowledged)) },
    { killUs: 9_000_000, relayed },
  ).map(({ code, message }) => `${code}: ${message}`);
}

it('finds nothing where the ledger has what was told, or more, and its writers were killed', () => {
  expect(faults({})).toEqual([]);
  // Between the instant of the kill and its signal a writer may see that its leader is gone.
  expect(faults({ endsUs: [9_000_000] })).toEqual([]);
});

it.each([
  ['cut off', { 'writer-0.ndjson': 90, 'writer-1.ndjson': 39 }, /writer-1.ndjson has 39 .* told of 40/],
  ['gone as a whole', { 'writer-0.ndjson': 90 }, /writer-1.ndjson has 0 .* told of 40/],
])('knows a ledger file that is %s, whatever is in the others', (_, acknowledged, message) => {
  const found = faults({ acknowledged });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(message);
  expect(found[0]).toMatch(/^DRILL_E_LEDGER_DAMAGED/);
});

it('has what was found in it when it was read', () => {
  expect(faults({ problems: ['writer-0.ndjson:7 is no record'] })).toEqual([
    'DRILL_E_LEDGER_DAMAGED: the ledger is damaged: writer-0.ndjson:7 is no record',
  ]);
});

it('knows a load that ended before the kill', () => {
  expect(faults({ endsUs: [6_000_000, 8_999_999] })).toEqual([
    'DRILL_E_WRITER_FAILED: 2 of the writers ended by themselves, the first 3000 ms before the kill',
  ]);
});
