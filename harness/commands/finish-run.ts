import path from 'node:path';
import { trendOf } from '../history/trend.ts';
import { renderSummary } from '../report/console.ts';
import { renderComparison } from '../report/moves.ts';
import type { Reporter } from '../reporters.ts';
import { resultText } from '../run-directory.ts';
import type { FinishedRun } from '../run.ts';
import { tellGithub } from './github.ts';
import { notify } from './notify.ts';
import type { Io, NotifyOptions } from './options.ts';
import { recordRun } from './record-run.ts';

interface Finish {
  readonly runDir: string;
  readonly outputDir: string;
  readonly reporters: readonly Reporter[];
  readonly notify: NotifyOptions;
  readonly json: boolean;
  readonly quiet: boolean;
  /** The parts of a plan are no runs of their own: their merge is what the history keeps. */
  readonly isPart: boolean;
}

/** Keeps a finished run in the history, shows it and tells of it. Answers its exit code. */
export async function finishRun(
  { result, comparison }: FinishedRun,
  finish: Finish,
  io: Io,
): Promise<number> {
  const { runDir, json } = finish;
  if (!finish.quiet) io.stderr.write(`evidence: ${path.relative('.', runDir)}\n`);
  const history = finish.isPart ? [] : recordRun(result, finish, comparison, io);
  if (finish.reporters.includes('github')) tellGithub(result, runDir, io);
  const summary = renderSummary(result, io.stdout, (drill) => trendOf(history, drill));
  const moved = comparison === null ? '' : `${renderComparison(comparison, io.stdout)}\n`;
  if (json) io.stderr.write(moved);
  io.stdout.write(json ? resultText(result) : moved + summary);
  await notify(result, finish.notify, io);
  return result.exitCode;
}
