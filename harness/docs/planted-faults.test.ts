import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { RIG_FAULTS, SUBJECT_FAULTS } from '../judge/planted-evidence.ts';
import { FAULT_GROUPS } from '../verify/sabotage/all-faults.ts';
import { faultCount, judgePlanted, PLANTED_FAULTS, plantedFaults } from './planted-faults.ts';

const docs = readFileSync(PLANTED_FAULTS, 'utf8');

/** The lines of a section's table, without its head. */
function rowsUnder(title: string): string[] {
  const section = docs.split(`### ${title}\n`)[1]?.split(/\n#|\n\nWhat is left/)[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1);
}

describe('docs/planted-faults.md', () => {
  it('is what npm run docs:faults would write, but for the figures of restored files, which their own suite holds against it', () => {
    expect(plantedFaults(rowsUnder)).toBe(docs);
  });

  it.each(FAULT_GROUPS)('has every fault of the suite: $title', ({ title, faults }) => {
    const names = rowsUnder(title).map((line) => line.slice(2).split(' | ')[0]);
    expect(names).toEqual(faults.map(({ name }) => name.replaceAll('|', '\\|')));
  });

  it('has no name twice', () => {
    const names = [...FAULT_GROUPS.flatMap(({ faults }) => faults), ...SUBJECT_FAULTS, ...RIG_FAULTS].map(
      ({ name }) => name,
    );
    expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([]);
    expect(faultCount()).toBeGreaterThan(150);
  });
});

describe.each([
  ['what the subject does', SUBJECT_FAULTS],
  ['the rig', RIG_FAULTS],
])('a fault in %s', (_, faults) => {
  test.each(faults)('$name: $verdict', (fault) => {
    const { verdict, checks } = judgePlanted(fault);
    const failed = checks.filter((check) => check.verdict === 'fail').map(({ id }) => id);
    expect({ verdict, failed }).toEqual({ verdict: fault.verdict, failed: fault.failed });
  });
});
