import type { Baseline } from '../compare/with-earlier.ts';
import { DrillError } from '../errors.ts';
import { historyFile, readHistory } from '../history/history-file.ts';
import type { BASELINES } from './options.ts';

/** What `--against` names. null: without it the objectives are all that counts. */
export function baselineOf({
  against,
  tolerance,
  outputDir,
}: {
  readonly against: (typeof BASELINES)[number] | null;
  readonly tolerance: number;
  readonly outputDir: string;
}): Baseline | null {
  if (against === null) return null;
  const { file, entries, problems } = readHistory(historyFile(outputDir));
  if (problems.length === 0) return { entries, tolerance };
  throw new DrillError('DRILL_E_HISTORY_DAMAGED', {
    what: `${file} is not as it was written`,
    details: problems.slice(0, 10),
    why: 'a run that is held against a damaged history could be held against anything',
    fix: 'move it away and run once without --against, which begins a new one',
    exit: 2,
  });
}
