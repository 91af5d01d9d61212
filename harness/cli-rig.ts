import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { processesOfHost } from './host/process-scan.ts';
import type { Result, ScenarioResult } from './result.ts';

/** The whole program, as a user starts it, and what of it can be seen from outside. */

export const CLI = fileURLToPath(new URL('cli.ts', import.meta.url));

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `drill` with these arguments; `env` instead of this process' own. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr })),
  );
  return { child, ended, stderr: () => stderr };
}

export interface EndedDrill extends Ended {
  readonly result: Result;
  /** Of the first drill. */
  readonly scenario: ScenarioResult;
}

/** `drill … --json` on this Litestream unless the arguments name another, its run in a folder of its own below the given one. */
export async function drillJson(
  folder: string,
  args: readonly string[],
  litestream: string,
): Promise<EndedDrill> {
  const outputDir = mkdtempSync(join(folder, 'run-'));
  const env = { ...process.env, DRILL_LITESTREAM: litestream };
  const ended = await start([...args, '--json', `--output-dir=${outputDir}`], env).ended;
  const result = JSON.parse(ended.stdout) as Result;
  return { ...ended, result, scenario: result.scenarios[0] as ScenarioResult };
}

/** The last write that a restored database holds by its own account. */
export function lastWrite(file: string): number {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare('SELECT seq FROM _drill_state').pluck().get() as number;
  } finally {
    db.close();
  }
}

export function failedChecks(scenario: ScenarioResult): string[] {
  return scenario.checks.filter((check) => check.verdict === 'fail').map((check) => check.id);
}

/** The phases of a smoke drill, in order. */
export const PHASES = [
  'store',
  'seed',
  'start host',
  'await protection',
  'load',
  'disaster',
  'restore',
  'verify',
  'second life',
] as const;

/** Whether the smoke drill of a run has come so far. */
export function phaseStarted(outputDir: string, phase: string): boolean {
  return readdirSync(outputDir).some((run) => {
    const events = join(outputDir, run, 'events.ndjson');
    return (
      existsSync(events) &&
      readFileSync(events, 'utf8').includes(`"type":"phase-start","drillId":"smoke","phase":"${phase}"`)
    );
  });
}

/** Processes that have the run's folder in their command line or as their home: hosts, the store, restores. */
export function processesBelow(outputDir: string): string[] {
  const named = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' '))
    .filter((command) => command.includes(`${outputDir}/`));
  const hosts = workFolders(outputDir).flatMap((work) =>
    ['store', 'host-1', 'host-2', 'host-3'].map((host) => join(work, 'smoke', host)),
  );
  return [
    ...named,
    ...hosts.flatMap((host) =>
      processesOfHost({ groupId: null, folder: host }).map((found) => found.command),
    ),
  ];
}

/** Work folders that are still there. */
export function workFolders(outputDir: string): string[] {
  return readdirSync(outputDir)
    .map((run) => join(outputDir, run, 'work'))
    .filter((work) => existsSync(work));
}

/** A file of /proc may be gone at any time. */
export function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** smoke with some of its keys replaced. */
export function smokeWith(replaced: string): string {
  const keys = new Set(replaced.split('\n').map((line) => line.split(':')[0]));
  const smoke = readFileSync(fileURLToPath(new URL('../scenarios/smoke.yaml', import.meta.url)), 'utf8');
  const kept = smoke.split(/\n(?=[a-z#])/).filter((block) => !keys.has(block.split(':')[0]));
  return [...kept.map((block) => block.trimEnd()), replaced, ''].join('\n');
}
