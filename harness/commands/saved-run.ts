import { savedTrend } from '../history/trend.ts';
import { judgeRun } from '../judge/judge.ts';
import { type Page, renderSummary } from '../report/console.ts';
import { renderHtml } from '../report/html/page.ts';
import { renderJunit } from '../report/junit.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { renderMetrics } from '../report/prometheus.ts';
import { manifestProblems } from '../manifest.ts';
import type { Result } from '../result.ts';
import { findRun, readResult, readRun, resultText, runPaths } from '../run-directory.ts';
import { DrillError } from '../errors.ts';
import type { Io, ReportOptions } from './options.ts';

const MOST_PROBLEMS = 10;

interface SavedRunOptions {
  readonly json: boolean;
  readonly outputDir: string;
}

/**
 * `drill judge RUN`: the verdict again, from the evidence alone. The exit code is that of the judgement; when it is
 * not the saved one to the byte, or a file is not as its manifest says, somebody changed something, and the run is no
 * pass.
 */
export function judgeCommand(name: string, { json, outputDir }: SavedRunOptions, io: Io): number {
  const runDir = findRun(name, outputDir);
  const { run, evidences } = readRun(runDir);
  const result = judgeRun(evidences, run);
  show(result, json, io);
  const saved = savedText(runDir);
  const damage = manifestProblems(runDir);
  for (const problem of damage.slice(0, MOST_PROBLEMS)) io.stderr.write(`warning: ${problem}\n`);
  if (saved === resultText(result)) return damage.length > 0 && result.exitCode === 0 ? 3 : result.exitCode;
  const file = runPaths(runDir).result;
  const difference =
    saved === null ? `there is no readable ${file}` : `${file} says something else than its evidence`;
  io.stderr.write(`warning: ${difference}\n`);
  return result.exitCode === 0 ? 3 : result.exitCode;
}

/** `drill report RUN`: the saved result, shown again, in any of the forms that there are. */
export function reportCommand(name: string, { json, outputDir, format }: ReportOptions, io: Io): number {
  const { result } = readResult(findRun(name, outputDir));
  io.stdout.write(json ? resultText(result) : FORMS[format](result, io.stdout));
  return 0;
}

/** How each form is made. Metrics are those of this run alone: what was measured before it, only the run itself knew. */
const FORMS = {
  console: (result, page) => renderSummary(result, page, savedTrend),
  html: renderHtml,
  markdown: renderMarkdown,
  junit: renderJunit,
  prometheus: (result) => renderMetrics(result, new Map()),
} as const satisfies Record<ReportOptions['format'], (result: Result, page: Page) => string>;

function show(result: Result, json: boolean, io: Io): void {
  io.stdout.write(json ? resultText(result) : renderSummary(result, io.stdout, savedTrend));
}

function savedText(runDir: string): string | null {
  try {
    return readResult(runDir).text;
  } catch (error) {
    // A result that is missing or damaged is one that differs; the evidence is what was asked for.
    if (error instanceof DrillError) return null;
    throw error;
  }
}
