import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client as AwsS3Client } from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { DrillError, messageOf } from '../errors.ts';
import type { EmbeddedOptions, StoreRole } from './request-log.ts';
import { openS3, type S3Settings } from './s3-client.ts';
import type { Store } from './store.ts';

const PROGRAM = fileURLToPath(new URL('embedded-process.ts', import.meta.url));
const START_TIMEOUT_MS = 20_000;
/** An upload whose bytes were already under way at a kill is taken in within this time. */
const SETTLE_MS = 250;
const BUCKET = 'drill';

/** Starts the embedded store (fauxqs, in memory, in a process of its own) and makes its bucket. */
export async function startEmbeddedStore(options: { logFile: string; prefix: string }): Promise<Store> {
  const keys = { writer: newKey(), newWriter: newKey(), recovery: newKey(), observer: newKey() };
  const roles: Record<string, StoreRole> = {
    [keys.writer.id]: 'writer',
    [keys.newWriter.id]: 'new-writer',
    [keys.recovery.id]: 'recovery',
    [keys.observer.id]: 'observer',
  };
  const { child, port, ended } = await startProcess({ bucket: BUCKET, logFile: options.logFile, roles });
  const endpoint = `http://127.0.0.1:${port}`;
  const settings = (key: Key): S3Settings => ({
    endpoint,
    region: 'us-east-1',
    bucket: BUCKET,
    accessKeyId: key.id,
    secretAccessKey: key.secret,
    forcePathStyle: true,
  });
  const observer = openS3(settings(keys.observer));
  await createBucket(settings(keys.observer));
  return {
    kind: 'embedded',
    version: 'fauxqs',
    writer: settings(keys.writer),
    newWriter: settings(keys.newWriter),
    recovery: settings(keys.recovery),
    observer,
    prefix: options.prefix,
    failure: () => ended.reason,
    settle: async () => {
      await observer.list(`${options.prefix}/`);
      await sleep(SETTLE_MS);
    },
    [Symbol.asyncDispose]: async () => {
      ended.expected = true;
      observer.close();
      child.kill('SIGKILL');
      await child;
    },
  };
}

interface Key {
  readonly id: string;
  readonly secret: string;
}

function newKey(): Key {
  return {
    id: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secret: randomBytes(20).toString('hex'),
  };
}

async function startProcess(options: EmbeddedOptions) {
  const child = execa(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    reject: false,
    detached: true,
    extendEnv: false,
    env: { PATH: process.env['PATH'] ?? '' },
    maxBuffer: 1_000_000,
  });
  const ended: { reason: string | null; expected: boolean } = { reason: null, expected: false };
  void child.then((result) => {
    if (!ended.expected)
      ended.reason = `the embedded store ended: ${result.shortMessage ?? `exit ${result.exitCode}`}`;
  });
  child.stdin.write(`${JSON.stringify(options)}\n`);
  const lines = createInterface({ input: child.stdout });
  const timer = AbortSignal.timeout(START_TIMEOUT_MS);
  try {
    const port = await new Promise<number>((resolve, reject) => {
      lines.once('line', (line) => resolve((JSON.parse(line) as { port: number }).port));
      void child.then((result) => reject(new Error(lastLine(result.stderr) || `exit ${result.exitCode}`)));
      timer.addEventListener('abort', () => reject(new Error(`no answer within ${START_TIMEOUT_MS} ms`)));
    });
    return { child, port, ended };
  } catch (error) {
    ended.expected = true;
    child.kill('SIGKILL');
    throw new DrillError('DRILL_E_STORE_START', {
      what: 'the embedded store did not start',
      why: messageOf(error),
      fix: 'run `npm run drill -- doctor`: it looks at what the store needs',
      exit: 3,
      cause: error,
    });
  }
}

function lastLine(text: string | undefined): string {
  const lines = (text ?? '').split('\n').filter((line) => /error/i.test(line));
  return lines.at(0)?.trim() ?? '';
}

async function createBucket(settings: S3Settings): Promise<void> {
  const client = new AwsS3Client({
    ...(settings.endpoint === null ? {} : { endpoint: settings.endpoint }),
    region: settings.region,
    forcePathStyle: true,
    credentials: { accessKeyId: settings.accessKeyId, secretAccessKey: settings.secretAccessKey },
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket: settings.bucket }));
  } finally {
    client.destroy();
  }
}
