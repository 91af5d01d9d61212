import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { DrillError, messageOf } from './errors.ts';
import { type Evidence, evidenceSchema } from './evidence.ts';
import { type RunInfo, runInfoSchema } from './evidence/run-info.ts';
import { type Result, resultSchema } from './result.ts';

export type { RunInfo };

/** Where the parts of a run lie, below its own folder. */
export interface RunPaths {
  readonly runInfo: string;
  readonly result: string;
  readonly events: string;
  /** One folder a drill, named by its id. */
  readonly evidence: string;
}

export function runPaths(runDir: string): RunPaths {
  return {
    runInfo: path.join(runDir, 'run.json'),
    result: path.join(runDir, 'result.json'),
    events: path.join(runDir, 'events.ndjson'),
    evidence: path.join(runDir, 'evidence'),
  };
}

/** `result.json` to the byte. */
export function resultText(result: Result): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** The folder of a run: a path, or the name of a run (`latest`) in the output folder. */
export function findRun(name: string, outputDir: string): string {
  const candidates = [name, path.join(outputDir, name)];
  const found = candidates.find((folder) => hasEntry(folder, 'run.json') || hasEntry(folder, 'result.json'));
  if (found !== undefined) return found;
  throw unreadable(
    `there is no run ${name}`,
    `neither ${candidates.join(' nor ')} has a run.json or a result.json`,
  );
}

/** Artefacts of CI lie in folders of folders, but not deeper than this. */
const DEEPEST = 6;

/** Every run directory at or below a folder. Links below it are not followed: `latest` would be a run for the second time. */
export function runDirectories(folder: string, depth = DEEPEST): string[] {
  const entries = entriesOf(folder);
  if (entries.some(({ name }) => name === 'run.json' || name === 'result.json')) return [folder];
  // The run in an evidence pack is a copy of one that counts elsewhere.
  if (depth === 0 || entries.some(({ name }) => name === 'pack.json')) return [];
  return entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => runDirectories(path.join(folder, name), depth - 1));
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw unreadable(`${folder} cannot be read`, messageOf(error), error);
  }
}

/** Everything that a judgement needs. A drill without evidence is left out: the judge says so. */
export function readRun(runDir: string): { readonly run: RunInfo; readonly evidences: readonly Evidence[] } {
  const paths = runPaths(runDir);
  const run = readJson(paths.runInfo, runInfoSchema);
  const evidences = run.drills.flatMap((id) => {
    // An id becomes a path: one that would leave the folder is no id.
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id))
      throw unreadable(`${paths.runInfo} is damaged`, `${id} is no drill id`);
    const folder = path.join(paths.evidence, id);
    return hasEntry(folder, 'evidence.json')
      ? [readJson(path.join(folder, 'evidence.json'), evidenceSchema)]
      : [];
  });
  return { run, evidences };
}

/** The saved result and its very text. */
export function readResult(runDir: string): { readonly result: Result; readonly text: string } {
  const file = runPaths(runDir).result;
  return { result: readJson(file, resultSchema), text: readText(file) };
}

function readJson<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> {
  const text = readText(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(`${file} is not JSON`, messageOf(error), error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(`${file} is not what this version writes`, `${issue?.path.join('.')}: ${issue?.message}`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(`${file} cannot be read`, messageOf(error), error);
  }
}

function hasEntry(folder: string, name: string): boolean {
  try {
    return readdirSync(folder).includes(name);
  } catch {
    // No such folder, or not ours to look into: either way no run is found there.
    return false;
  }
}

function unreadable(what: string, why: string, cause?: unknown): DrillError {
  const fix = 'give the folder of a finished run, or run the drill again';
  return new DrillError('DRILL_E_RUN_UNREADABLE', { what, why, fix, exit: 2, cause });
}
