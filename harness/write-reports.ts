import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from './errors.ts';
import { successesOfHistory } from './history/entry.ts';
import { historyFile, readableEntries } from './history/history-file.ts';
import { renderHtml } from './report/html/page.ts';
import { renderJunit } from './report/junit.ts';
import { renderMarkdown } from './report/markdown.ts';
import { renderMetrics } from './report/prometheus.ts';
import { type Successes, successesIn } from './report/series.ts';
import type { Reporter } from './reporters.ts';
import type { Result } from './result.ts';
import { isShard } from './shard/whole-plan.ts';

/** One report of a run: its file in the run directory, and how it is made from the result. */
interface Report {
  readonly reporter: Reporter;
  readonly file: string;
  readonly render: (result: Result) => string;
}

/**
 * Writes the wanted reports of a run beside its result. Answers what went wrong, one sentence a report: a run whose report
 * could not be written is no pass, since nobody would see what it says.
 */
export function writeReports(result: Result, { runDir, outputDir, reporters }: Wanted): string[] {
  const wanted = reports(outputDir).filter(({ reporter }) => reporters.includes(reporter));
  return wanted.flatMap(({ file, render }) => {
    try {
      replaceWhole(join(runDir, file), render(result));
      return [];
    } catch (error) {
      discard(join(runDir, file));
      return [`${file}: ${messageOf(error)}`];
    }
  });
}

interface Wanted {
  readonly runDir: string;
  readonly outputDir: string;
  readonly reporters: readonly Reporter[];
}

function reports(outputDir: string): Report[] {
  return [
    { reporter: 'html', file: 'report.html', render: renderHtml },
    { reporter: 'junit', file: 'junit.xml', render: renderJunit },
    { reporter: 'markdown', file: 'summary.md', render: renderMarkdown },
    {
      reporter: 'prometheus',
      file: 'metrics.prom',
      render: (result) => renderMetrics(result, earlierSuccesses(outputDir)),
    },
  ];
}

/** What the latest run told, and the history, which is kept where no run is: on a machine that is made anew each night. */
function earlierSuccesses(outputDir: string): Successes {
  const latest = join(outputDir, 'latest');
  // The part of a plan that passed is no success: what it is a part of may yet be none.
  const told = successesIn(isShard(latest) ? '' : textOf(join(latest, 'metrics.prom')));
  const kept = successesOfHistory(readableEntries(historyFile(outputDir)));
  const later = [...kept].filter(([labels, successSec]) => successSec >= (told.get(labels) ?? 0));
  return new Map([...told, ...later]);
}

/** A collector that reads at this moment sees the old text or the new one. */
function replaceWhole(file: string, text: string): void {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}

/** What was there before would still say what is no longer so. */
function discard(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // a folder, or a disk that takes nothing any more: it is told already that the report is not written
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // the first run of all has nothing to carry over
  }
}
