import { describe, expect, it, test } from 'vitest';
import type { Evidence } from '../evidence.ts';
import type { ScenarioResult } from '../result.ts';
import { subjectUseInWords } from '../report/subject-use.ts';
import { evidenceWith } from './green-evidence.ts';
import { judge } from './judge-drill.ts';

const USE = { looks: 40, longestGapMs: 1100, rssBytes: 300 * 2 ** 20, openFiles: 4200 };

/** A drill with both objectives, and with this measured. */
function judged(use: Evidence['subjectUse']): ScenarioResult {
  return judge(
    evidenceWith((evidence) => {
      evidence.scenario.objectives.push(
        { expression: 'subjectRssMb < 300', line: 20 },
        { expression: 'subjectOpenFiles <= 4200', line: 21 },
      );
      if (use !== undefined) evidence.subjectUse = use;
    }),
  );
}

const verdicts = ({ objectives }: ScenarioResult): unknown[] =>
  objectives.slice(-2).map(({ actual, verdict }) => [actual, verdict]);

describe('what the subject may hold', () => {
  it('is kept below its objective, and broken at it', () => {
    const kept = judged({ ...USE, rssBytes: USE.rssBytes - 1024 });
    expect(kept.verdict).toBe('pass');
    expect(verdicts(kept)).toEqual([
      [300 - 1 / 1024, 'pass'],
      [4200, 'pass'],
    ]);
    const broken = judged({ ...USE, openFiles: 4201 });
    expect(broken).toMatchObject({ verdict: 'fail', failures: [{ class: 'subject' }] });
    expect(verdicts(broken)).toEqual([
      [300, 'fail'],
      [4201, 'fail'],
    ]);
  });

  test.each([
    ['it was not looked at', undefined],
    ['nobody was seen', { ...USE, looks: 0, rssBytes: null, openFiles: null }],
    ['there was no look for too long', { ...USE, rssBytes: 1024, openFiles: 1, longestGapMs: 5001 }],
  ])('is not measured where %s', (_, use) => {
    const result = judged(use);
    expect(result.verdict).toBe('inconclusive');
    expect(verdicts(result)).toEqual([
      [null, 'inconclusive'],
      [null, 'inconclusive'],
    ]);
  });
});

describe('in words', () => {
  it('has both, and says which of them is missing', () => {
    expect(subjectUseInWords(judged(USE))).toBe('300 MB, 4,200 open files');
    expect(subjectUseInWords(judged({ ...USE, openFiles: null }))).toBe('300 MB, open files not measured');
    expect(subjectUseInWords(judged({ ...USE, rssBytes: null }))).toBe(
      'memory not measured, 4,200 open files',
    );
    expect(subjectUseInWords(judged(undefined))).toBeNull();
  });
});
