import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { keyBase } from '../litestream/listed-object.ts';
import { clockProblem } from '../store/clock-skew.ts';
import { type Diagnosis, diagnose } from '../store/diagnose.ts';
import type { S3Client, S3Settings } from '../store/s3-client.ts';
import { SupervisorError } from './failure.ts';

/** Litestream 0.3 holds 7 descriptors a database, 0.5 up to 7.9 (measured at 0.5.5 and 0.5.17); with too few 0.3 neither works nor ends. */
const FILES_PER_DATABASE = 8;
const FILES_BESIDES = 64;

/** How many databases this process' limit of open files allows one Litestream; it inherits the limit. */
export function databaseCapacity(openFiles: number = openFileLimit()): number {
  return Math.floor((openFiles - FILES_BESIDES) / FILES_PER_DATABASE);
}

/** Refuses a fleet that is too large for the limit. */
export function checkOpenFiles(databases: number, openFiles: number = openFileLimit()): void {
  if (databases <= databaseCapacity(openFiles)) return;
  throw new SupervisorError('DRILL_E_OPEN_FILES', {
    what: `the limit of ${openFiles} open files is too low for ${databases} databases`,
    why: `Litestream needs ${FILES_PER_DATABASE} for each and ${FILES_BESIDES} besides; with too few it hangs without an error`,
    fix: `raise it: ulimit -n ${databases * FILES_PER_DATABASE + FILES_BESIDES}, or LimitNOFILE= in the unit`,
    exit: 3,
  });
}

/** Does in the bucket what Litestream will do: list, put, get, remove. */
export async function checkBucket(client: S3Client, settings: S3Settings, prefix: string): Promise<void> {
  const { bucket } = settings;
  const token = randomBytes(16).toString('hex');
  const key = `${keyBase(prefix)}.supervisor-preflight-${token}`;
  const attempt = async <T>(doing: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw clockError(client) ?? storeError(diagnose(error, doing, settings), error);
    }
  };
  await attempt(`list the bucket ${bucket}`, () => client.list(key));
  const clock = clockError(client);
  if (clock !== null) throw clock;
  await attempt(`write to the bucket ${bucket}`, () => client.put(key, token));
  try {
    const body = await attempt(`read from the bucket ${bucket}`, () => client.get(key));
    if (Buffer.from(body).toString() !== token) {
      throw new SupervisorError('DRILL_E_STORE_REFUSED', {
        what: `the bucket ${bucket} gave back other bytes than were written`,
        why: 'the store is not a working S3 service',
        fix: 'use another one',
        exit: 3,
      });
    }
  } finally {
    await attempt(`delete from the bucket ${bucket}`, () => client.remove([key]));
  }
}

/** Our SDK corrects a wrong clock by itself; Litestream does not. */
function clockError(client: S3Client): SupervisorError | null {
  const problem = clockProblem(client.contact());
  return problem === null ? null : new SupervisorError('DRILL_E_STORE_REFUSED', { ...problem, exit: 3 });
}

function storeError({ kind, ...words }: Diagnosis, cause: unknown): SupervisorError {
  const code = kind === 'refused' ? 'DRILL_E_STORE_REFUSED' : 'DRILL_E_STORE_UNREACHABLE';
  return new SupervisorError(code, { ...words, exit: 3, cause });
}

function openFileLimit(): number {
  const text =
    process.platform === 'linux'
      ? /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
      : execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  const limit = Number(text);
  return Number.isFinite(limit) ? limit : Number.MAX_SAFE_INTEGER;
}
