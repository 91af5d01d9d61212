import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DrillError, messageOf } from '../errors.ts';
import { type RunningHost, startHost } from '../host/host.ts';
import { waitFor } from '../waiting.ts';
import type { AccessKey } from './access-key.ts';
import { MINIO_READY, type MinioServer } from './minio.ts';
import type { MinioProgram } from './minio-program.ts';
import type { StoreOptions } from './store.ts';

const NAME = 'minio';
const START_TIMEOUT_MS = 25_000;
const ANSWER_TIMEOUT_MS = 1000;
/** Another program may take the free port before MinIO does. */
const MAX_TRIES = 3;
const LAST_WORDS = 300;

/**
 * MinIO as a plain process on a machine of its own: a leader and a folder, as any host has, so that it ends with the
 * harness however that ends, and so that a sweep finds it.
 */
export async function startMinioProcess(
  program: MinioProgram,
  root: AccessKey,
  options: StoreOptions,
): Promise<MinioServer> {
  const machine = await startHost(options.workDir);
  try {
    await mkdir(machine.paths.dataDir, { recursive: true });
    const endpoint = await startServer(machine, program, root, options);
    return {
      endpoint,
      runs: `process ${program.path}`,
      failure: () => failureOf(machine),
      [Symbol.asyncDispose]: async () => machine[Symbol.asyncDispose](),
    };
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}

async function startServer(
  machine: RunningHost,
  program: MinioProgram,
  root: AccessKey,
  { logsDir, signal }: StoreOptions,
): Promise<string> {
  const logFile = join(logsDir, 'minio.log');
  for (let attempt = 1; ; attempt++) {
    const address = `127.0.0.1:${await freePort()}`;
    machine.start({
      name: NAME,
      argv: [program.path, 'server', '--quiet', '--address', address, machine.paths.dataDir],
      shell: null,
      cwd: machine.paths.folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: machine.paths.folder,
        MINIO_ROOT_USER: root.id,
        MINIO_ROOT_PASSWORD: root.secret,
        MINIO_BROWSER: 'off',
        MINIO_UPDATE: 'off',
      },
      logFile,
      relay: false,
      ledgerFile: null,
    });
    const outcome = await waitFor(() => answerOf(machine, address), {
      timeoutMs: START_TIMEOUT_MS,
      everyMs: 50,
      signal,
    });
    if (outcome === 'answers') return `http://${address}`;
    const words = await lastWords(logFile);
    const portTaken = outcome === 'ended' && /address already in use|port.*in use/i.test(words);
    if (portTaken && attempt < MAX_TRIES) continue;
    throw notStarted(program, outcome === null ? `it does not answer within ${START_TIMEOUT_MS} ms` : words);
  }
}

async function answerOf(machine: RunningHost, address: string): Promise<'answers' | 'ended' | null> {
  if (machine.exitOf(NAME) !== null) return 'ended';
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const { ok } = await fetch(`http://${address}${MINIO_READY}`, { signal });
    return ok ? 'answers' : null;
  } catch {
    return null; // not yet
  }
}

function failureOf(machine: RunningHost): string | null {
  const exit = machine.exitOf(NAME);
  return exit === null ? null : `MinIO ended: ${exit.signal ?? `exit code ${exit.exitCode}`}`;
}

/** MinIO cannot be asked to choose a port and say which. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => {
    probe.close(resolve);
  });
  return port;
}

async function lastWords(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(messageOf);
  const words = text.trim().replaceAll(/\s+/g, ' ');
  return words === '' ? 'it ended without a word' : words.slice(-LAST_WORDS);
}

function notStarted({ path }: MinioProgram, why: string): DrillError {
  return new DrillError('DRILL_E_STORE_START', {
    what: `MinIO did not start (${path})`,
    why,
    fix: 'look at evidence/…/logs/minio.log in the run directory, or use --store=embedded',
    exit: 3,
  });
}
