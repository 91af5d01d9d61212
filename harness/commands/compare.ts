import { existsSync } from 'node:fs';
import path from 'node:path';
import { compareSets } from '../compare/against.ts';
import { type Comparison, type Sample, sampleOf } from '../compare/compare.ts';
import { renderComparison } from '../report/moves.ts';
import { findRun, readResult, runDirectories } from '../run-directory.ts';
import type { Io } from './options.ts';

interface CompareOptions {
  readonly outputDir: string;
  readonly json: boolean;
  /** 0.25 is 25 %. */
  readonly tolerance: number;
}

/**
 * `drill compare A B`: what moved between two runs, or between two folders of them, which are then repeats. 1: something
 * is worse beyond tolerance and noise; 3: something could not be compared.
 */
export function compareCommand(before: string, after: string, options: CompareOptions, io: Io): number {
  const [old, now] = [before, after].map((name) => samplesOf(name, options.outputDir));
  const comparison = compareSets(old ?? [], now ?? [], options.tolerance);
  const exitCode = exitCodeOf(comparison);
  io.stdout.write(
    options.json
      ? `${JSON.stringify({ ...comparison, exitCode }, null, 2)}\n`
      : renderComparison(comparison, io.stdout),
  );
  return exitCode;
}

function exitCodeOf({ regressions, gaps }: Comparison): 0 | 1 | 3 {
  if (regressions.length > 0) return 1;
  return gaps.length > 0 ? 3 : 0;
}

/** The drills of a run, or of every run below a folder. */
function samplesOf(name: string, outputDir: string): Sample[] {
  const folder = [name, path.join(outputDir, name)].find((place) => existsSync(place));
  const below = folder === undefined ? [] : runDirectories(folder);
  return (below.length === 0 ? [findRun(name, outputDir)] : below).flatMap((runDir) => {
    const { result } = readResult(runDir);
    return result.scenarios.map((drill) => sampleOf(drill, result.runId));
  });
}
