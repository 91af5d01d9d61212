import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { DrillError, messageOf } from '../errors.ts';
import { type HistoryEntry, historyEntrySchema, NO_LINE } from './entry.ts';

/** What was kept of all runs of an output folder, and where the chain is broken. */
export interface History {
  readonly file: string;
  readonly entries: readonly HistoryEntry[];
  /** One sentence each; none: every line is as it was written, in its place. */
  readonly problems: readonly string[];
}

/** About a hundred thousand drills. */
const MOST_BYTES = 128 << 20;
/** So long another run that is writing its lines is waited for. */
const LOCK_TIMEOUT_MS = 10_000;

export function historyFile(outputDir: string): string {
  return path.join(outputDir, 'history.ndjson');
}

/** Reads a history; none yet is an empty one. A line that is not understood is left out, and told. */
export function readHistory(file: string): History {
  const lines = linesOf(file);
  const entries: HistoryEntry[] = [];
  const problems: string[] = [];
  let previous = NO_LINE;
  for (const [index, line] of lines.entries()) {
    const entry = entryOf(line);
    if (entry === null) problems.push(`line ${index + 1} is no entry of this version`);
    else {
      entries.push(entry);
      if (entry.previous !== previous) problems.push(`line ${index + 1} does not follow the one before it`);
    }
    previous = sha256(line);
  }
  return { file, entries, problems };
}

/** For what no verdict rests on: a history that cannot be read has no entries. Whoever adds to it next tells why. */
export function readableEntries(file: string): readonly HistoryEntry[] {
  try {
    return readHistory(file).entries;
  } catch (error) {
    if (error instanceof DrillError) return [];
    throw error;
  }
}

/** Adds the lines of a run, each with the hash of the line before. Runs that end at once wait for each other. */
export function appendHistory(file: string, entries: readonly Omit<HistoryEntry, 'previous'>[]): void {
  const lock = new Database(path.join(path.dirname(file), '.history.lock'), { timeout: LOCK_TIMEOUT_MS });
  try {
    // The kernel drops SQLite's lock with the process: there is nothing stale to judge.
    lock.exec('BEGIN EXCLUSIVE');
    const lines = linesOf(file);
    let previous = sha256OfLast(lines);
    let text = isTorn(file) ? '\n' : '';
    for (const entry of entries) {
      const line = JSON.stringify({ ...entry, previous } satisfies HistoryEntry);
      text += `${line}\n`;
      previous = sha256(line);
    }
    appendFileSync(file, text);
  } finally {
    lock.close();
  }
}

/** SHA-256 of a line, as the next one names it. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The lines as they stand. */
export function linesOf(file: string): string[] {
  return textOf(file)
    .split('\n')
    .filter((line) => line !== '');
}

function sha256OfLast(lines: readonly string[]): string {
  const last = lines.at(-1);
  return last === undefined ? NO_LINE : sha256(last);
}

/** A machine that died while it wrote leaves half a line: it stays as it is, and the next one starts anew. */
function isTorn(file: string): boolean {
  const text = textOf(file);
  return text !== '' && !text.endsWith('\n');
}

function entryOf(line: string): HistoryEntry | null {
  try {
    return historyEntrySchema.parse(JSON.parse(line));
  } catch {
    return null; // told by the caller, with the number of the line
  }
}

function textOf(file: string): string {
  try {
    if (statSync(file).size > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES} bytes`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new DrillError('DRILL_E_HISTORY_DAMAGED', {
      what: `${file} cannot be read`,
      why: messageOf(error),
      fix: 'move it away: the next run begins a new one',
      exit: 2,
      cause: error,
    });
  }
}
