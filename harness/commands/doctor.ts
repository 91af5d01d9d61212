import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { DrillError, messageOf } from '../errors.ts';
import { openFilesLimit, openFilesNeeded } from '../host/limits.ts';
import { cacheFolder } from '../litestream/cache.ts';
import { chooseLitestream } from '../litestream/choose.ts';
import { surveyCache } from '../litestream/survey.ts';
import { hasWalResetBug, walResetWarning } from '../litestream/sqlite-range.ts';
import { compareVersions } from '../litestream/version.ts';
import { bytes } from '../report/format.ts';
import { paint, printable } from '../report/screen.ts';
import { OLDEST_SQLITE3 } from '../sqlite3-tool.ts';
import { externalDiagnoses } from './doctor-external.ts';
import { faultDiagnoses } from './doctor-faults.ts';
import { machineDiagnoses } from './doctor-machine.ts';
import { storeDiagnoses } from './doctor-store.ts';
import type { Io } from './options.ts';

/** One thing that was looked at. */
export interface Diagnosis {
  readonly name: string;
  /** warn: a drill runs without it. */
  readonly state: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** What to do; empty when all is well. */
  readonly fix: string;
}

interface DoctorOptions {
  readonly json: boolean;
  readonly outputDir: string;
  readonly litestream: string | null;
}

/** Databases of the largest scenario of the gate: many-realms. */
const FLEET = 101;
const FREE_BYTES = 1_000_000_000;
const ANSWER_TIMEOUT_MS = 10_000;

/** `drill doctor`: what a drill needs of this machine. Exit code 3 when something is missing. */
export async function doctorCommand(options: DoctorOptions, io: Io): Promise<number> {
  const diagnoses = await Promise.all([
    node(),
    native(),
    litestream(options.litestream, io.env),
    fetchedLitestreams(io.env),
    sqlite3(io.env),
    openFiles(),
    outputFolder(options.outputDir),
    diskSpace(options.outputDir),
    machineDiagnoses(io.env),
    storeDiagnoses(io.env),
    externalDiagnoses(io.env),
    faultDiagnoses(),
  ]).then((found) => found.flat());
  if (options.json) io.stdout.write(`${JSON.stringify({ checks: diagnoses }, null, 2)}\n`);
  else for (const diagnosis of diagnoses) io.stdout.write(`${line(diagnosis, io.stdout.colour)}\n`);
  return diagnoses.some(({ state }) => state === 'fail') ? 3 : 0;
}

function line({ name, state, found, fix }: Diagnosis, colour: boolean): string {
  const style = ({ ok: 'green', warn: 'yellow', fail: 'red' } as const)[state];
  const todo = fix === '' ? '' : `\n${' '.repeat(24)}do: ${printable(fix)}`;
  return `${paint(state.padEnd(6), style, colour)}${name.padEnd(18)}${printable(found)}${todo}`;
}

/** The version itself was checked before anything was loaded. */
async function node(): Promise<Diagnosis> {
  return { name: 'Node', state: 'ok', found: `${process.version}, ${process.execPath}`, fix: '' };
}

async function native(): Promise<Diagnosis> {
  const name = 'better-sqlite3';
  try {
    const { default: Database } = await import('better-sqlite3');
    const db = new Database(':memory:');
    const version = String(db.prepare('SELECT sqlite_version()').pluck().get());
    db.close();
    return { name, state: 'ok', found: `SQLite ${version}`, fix: '' };
  } catch (error) {
    return { name, state: 'fail', found: messageOf(error), fix: 'run npm ci, with install scripts allowed' };
  }
}

async function litestream(choice: string | null, env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const name = 'Litestream';
  try {
    const { path: file, version, sqlite } = await chooseLitestream(choice, env);
    const found = `${version} with SQLite ${sqlite}, ${file}`;
    if (!hasWalResetBug(sqlite)) return { name, state: 'ok', found, fix: '' };
    const fix = `${walResetWarning(version, sqlite)}; 0.5.17 is the first without it`;
    return { name, state: 'warn', found, fix };
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    return { name, state: 'fail', found: `${error.what}: ${error.why}`, fix: error.fix };
  }
}

async function fetchedLitestreams(env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const name = 'other Litestreams';
  const fetched = await surveyCache(env);
  const problem = fetched.find((one) => one.problem !== null);
  if (problem !== undefined) {
    const fix = `npm run drill -- litestream add ${problem.version} --force`;
    return { name, state: 'warn', found: problem.problem ?? '', fix };
  }
  const versions = fetched.map(({ version, sqlite }) => `${version} with SQLite ${sqlite ?? 'unknown'}`);
  const found = `${versions.join(', ') || 'none'} in ${cacheFolder(env)}`;
  return { name, state: 'ok', found, fix: '' };
}

async function sqlite3(env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const name = 'sqlite3';
  try {
    const { stdout } = await promisify(execFile)('sqlite3', ['--version'], {
      env,
      timeout: ANSWER_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024,
    });
    const found = stdout.split(' ')[0] ?? '';
    if (compareVersions(found, OLDEST_SQLITE3) >= 0) return { name, state: 'ok', found, fix: '' };
    const fix = `install the sqlite3 command-line tool ${OLDEST_SQLITE3} or later: this one cannot read every schema and is not asked`;
    return { name, state: 'warn', found, fix };
  } catch {
    const fix = 'install the sqlite3 command-line tool for a second opinion beside better-sqlite3';
    return { name, state: 'warn', found: 'not found', fix };
  }
}

async function openFiles(): Promise<Diagnosis> {
  const name = 'open files';
  const [limit, needed] = [await openFilesLimit(), openFilesNeeded(FLEET)];
  const found = `limit ${limit}, ${needed} needed for ${FLEET} databases`;
  if (limit >= needed) return { name, state: 'ok', found, fix: '' };
  return { name, state: 'fail', found, fix: `raise it: ulimit -Hn ${needed}` };
}

async function outputFolder(outputDir: string): Promise<Diagnosis> {
  const name = 'output folder';
  try {
    mkdirSync(outputDir, { recursive: true });
    rmSync(mkdtempSync(path.join(outputDir, '.doctor-')), { recursive: true });
    return { name, state: 'ok', found: outputDir, fix: '' };
  } catch (error) {
    return {
      name,
      state: 'fail',
      found: messageOf(error),
      fix: 'make it writable, or name another with --output-dir',
    };
  }
}

async function diskSpace(outputDir: string): Promise<Diagnosis> {
  const name = 'disk space';
  try {
    const { bavail, bsize } = statfsSync(outputDir);
    const found = `${bytes(bavail * bsize)} free`;
    if (bavail * bsize >= FREE_BYTES) return { name, state: 'ok', found, fix: '' };
    return {
      name,
      state: 'fail',
      found,
      fix: `free ${bytes(FREE_BYTES)}, or name another disk with --output-dir`,
    };
  } catch (error) {
    return {
      name,
      state: 'fail',
      found: messageOf(error),
      fix: 'name a folder that exists with --output-dir',
    };
  }
}
