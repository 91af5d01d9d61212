import { expect, test } from 'vitest';
import { githubAnnotations } from '../report/github.ts';
import { renderJunit } from '../report/junit.ts';
import { evidenceWith, greenEvidence, greenRun } from './green-evidence.ts';
import { judgeRun } from './judge.ts';

const RUN = greenRun([greenEvidence()]);

test('a green drill that is worse than before: the run fails, in every form', () => {
  const result = judgeRun([greenEvidence()], { ...RUN, gaps: [], regressions: ['tiny: RTO 1 ms → 9 ms'] });
  expect(result).toMatchObject({
    verdict: 'fail',
    exitCode: 1,
    reason: 'worse than before: tiny: RTO 1 ms → 9 ms; of 1 drill 1 pass',
  });
  const junit = renderJunit(result);
  expect(junit).toMatch(/<testsuites name="drill" tests="\d+" failures="1" errors="0"/);
  expect(junit).toContain('<failure message="worse than before: tiny: RTO 1 ms → 9 ms;');
  expect(githubAnnotations(result)).toMatch(/^::error title=drill%3A fail::worse than before/);
});

test('a gap makes a green run inconclusive, and a red one stays red', () => {
  const gaps = ['shard 2 of 3 is missing'];
  expect(judgeRun([greenEvidence()], { ...RUN, gaps })).toMatchObject({
    verdict: 'inconclusive',
    exitCode: 3,
  });
  const red = evidenceWith((evidence) => void evidence.subjectFailures.push({ code: 'X', message: 'dead' }));
  expect(judgeRun([red], { ...RUN, gaps })).toMatchObject({ verdict: 'fail', exitCode: 1 });
});
