import type { ObjectiveResult } from '../result.ts';

/** What a negative control wants of its objectives, one text each; null where it says nothing of any. */
export function expectedInWords(objectives: readonly ObjectiveResult[]): readonly string[] | null {
  if (objectives.every(({ expected }) => expected === undefined)) return null;
  return objectives.map(({ expected }) => {
    if (expected === undefined) return '–';
    return expected === 'fail' ? 'must break' : 'must hold';
  });
}
