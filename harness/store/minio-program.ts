import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { DrillError, messageOf } from '../errors.ts';

const NAME = 'minio';
const ANSWER_TIMEOUT_MS = 10_000;

/** A MinIO server program that has said that it is one. */
export interface MinioProgram {
  readonly path: string;
  /** As it tells it: `RELEASE.…`, or `DEVELOPMENT.GOGET` for one built by go install. */
  readonly version: string;
}

/** Finds the `minio` on PATH and asks it what it is: other programs of that name exist. */
export async function findMinioProgram(env: NodeJS.ProcessEnv): Promise<MinioProgram> {
  const path = onPath(env['PATH'] ?? '');
  if (path === null) throw unusable('there is no minio program on PATH', 'none of its folders has one', null);
  const { stdout } = await promisify(execFile)(path, ['--version'], {
    env: { PATH: env['PATH'], HOME: env['HOME'] },
    timeout: ANSWER_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024,
  }).catch((error: unknown) => {
    throw unusable(`${path} does not answer`, messageOf(error).trim().split('\n').join(' '), error);
  });
  const version = /^minio version (\S+)/m.exec(stdout)?.[1];
  if (version !== undefined) return { path, version };
  const [said = ''] = stdout.trim().split('\n');
  throw unusable(`${path} is not MinIO`, `asked for its version it said: ${said.slice(0, 100)}`, null);
}

function onPath(searchPath: string): string | null {
  const candidates = searchPath.split(delimiter).filter((folder) => folder !== '');
  return candidates.map((folder) => join(folder, NAME)).find(isProgram) ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // not there, or not ours to run
  }
}

function unusable(what: string, why: string, cause: unknown): DrillError {
  const fix = 'put a MinIO server program on PATH, or start a container engine, or use --store=embedded';
  return new DrillError('DRILL_E_STORE_START', { what, why, fix, exit: 3, cause });
}
