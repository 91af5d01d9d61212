import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Comparison } from '../compare/compare.ts';
import { messageOf } from '../errors.ts';
import { entriesOf, type HistoryEntry } from '../history/entry.ts';
import { appendHistory, historyFile, readHistory } from '../history/history-file.ts';
import type { Result } from '../result.ts';
import type { Io } from './options.ts';

const MOST_PROBLEMS = 10;

/**
 * Adds a finished run to the history of its output folder and answers the whole history. What cannot be written only warns: the verdict stands on the
 * evidence, and a trend that lacks a run changes nothing about it.
 */
export function recordRun(
  result: Result,
  { runDir, outputDir }: { readonly runDir: string; readonly outputDir: string },
  comparison: Comparison | null,
  io: Io,
): readonly HistoryEntry[] {
  const file = historyFile(outputDir);
  try {
    const sum = createHash('sha256')
      .update(readFileSync(path.join(runDir, 'manifest.sha256')))
      .digest('hex');
    appendHistory(file, entriesOf(result, sum, new Set(comparison?.regressedKeys)));
    const { entries, problems } = readHistory(file);
    for (const problem of problems.slice(0, MOST_PROBLEMS)) io.stderr.write(`warning: ${file}: ${problem}\n`);
    return entries;
  } catch (error) {
    io.stderr.write(`warning: the run could not be added to ${file}: ${messageOf(error)}\n`);
    return [];
  }
}
