import { describe, expect, it, test } from 'vitest';
import { CHECK_IDS } from '../evidence/checks.ts';
import { CLASS_OF_ERROR, FIX_OF_CHECK } from '../failure-classes.ts';
import type { DrillFailure } from '../result.ts';
import { databaseIn, evidenceWith, finding, greenEvidence, notRestored } from './green-evidence.ts';
import { judge } from './judge.ts';
import { RIG_FAULTS, SUBJECT_FAULTS } from './planted-evidence.ts';

const SHOP = 'realms/acme/apps/shop/data.db';

function failuresWith(plant: Parameters<typeof evidenceWith>[0]): readonly DrillFailure[] {
  return judge(evidenceWith(plant)).failures ?? [];
}

describe('whose failure it is', () => {
  it('is nobody’s in a drill that passes', () => {
    expect(judge(greenEvidence()).failures).toBeUndefined();
  });

  test.each(RIG_FAULTS)('never the subject’s: $name', ({ plant, failureClass }) => {
    const failures = failuresWith(plant);
    expect(failures.map((failure) => failure.class)).toEqual([failureClass]);
    expect(failures[0]?.fix).not.toBe('');
  });

  test.each(SUBJECT_FAULTS)('$failureClass: $name', ({ plant, failureClass, failed }) => {
    const failures = failuresWith(plant);
    expect(new Set(failures.map((failure) => failure.class))).toEqual(new Set([failureClass]));
    if (failureClass === 'subject') expect(failures.map(({ code }) => code)).toEqual(failed);
    expect(failures.map(({ fix }) => fix)).not.toContain('');
  });

  it('is the rig’s alone where the rig failed, whatever the subject did', () => {
    const failures = failuresWith((evidence) => {
      evidence.subjectFailures.push({ code: 'never-protected', message: 'never protected' });
      evidence.harnessFaults.push({
        code: 'DRILL_E_DISK_SPACE',
        phase: 'load',
        message: 'ENOSPC',
        fix: 'free it',
      });
      notRestored(evidence, SHOP, 'failed');
    });
    expect(failures).toEqual([
      { class: 'environment', code: 'DRILL_E_DISK_SPACE', message: 'ENOSPC', fix: 'free it' },
    ]);
  });

  it('is not the subject’s for an error of its supervisor that broke the rig, nor for a code of another version', () => {
    for (const code of ['DRILL_E_CRASH_LOOP', 'DRILL_E_OF_TOMORROW']) {
      const [failure] = failuresWith(({ harnessFaults }) => {
        harnessFaults.push({ code, phase: 'load', message: 'x' });
      });
      expect([code, failure?.class]).toEqual([code, 'harness']);
    }
  });

  it('names every failing check and every word of the subject', () => {
    const failures = failuresWith((evidence) => {
      evidence.subjectFailures.push({ code: 'supervisor-ended', message: 'it ended' });
      databaseIn(evidence, SHOP).verified?.findings.push(
        finding('content', SHOP, 3),
        finding('schema', SHOP),
      );
    });
    expect(failures.map(({ class: whose, code }) => `${whose} ${code}`)).toEqual([
      'subject supervisor-ended',
      'subject schema',
      'subject content',
    ]);
  });
});

describe('what to do', () => {
  it('is said for every check and every error', () => {
    expect(Object.keys(FIX_OF_CHECK).toSorted()).toEqual([...CHECK_IDS].toSorted());
    for (const [, fix] of Object.values(CLASS_OF_ERROR)) expect(fix.length).toBeGreaterThan(5);
  });
});
