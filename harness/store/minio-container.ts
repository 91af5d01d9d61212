import { randomUUID } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { MinioContainer, type StartedMinioContainer } from '@testcontainers/minio';
import { getContainerRuntimeClient, Wait } from 'testcontainers';
import { DrillError, messageOf } from '../errors.ts';
import { ResourceStack } from '../resources.ts';
import type { AccessKey } from './access-key.ts';
import { within } from './container-engine.ts';
import { ownerLabels } from './container-sweep.ts';
import { MINIO_READY, type MinioServer } from './minio.ts';
import type { StoreOptions } from './store.ts';

const MINIO_PORT = 9000;
const READY_TIMEOUT_MS = 20_000;
const READY_POLL_MS = 250;
const START_TIMEOUT_MS = 25_000;
const REMOVE_TIMEOUT_MS = 20_000;
const LOG_TIMEOUT_MS = 2000;

/** MinIO in a container of its own, on a port that the engine chooses; its image is there already. */
export async function startMinioContainer(
  image: string,
  root: AccessKey,
  { logsDir, signal }: StoreOptions,
): Promise<MinioServer> {
  const name = `rustbaas-drill-minio-${randomUUID()}`;
  const resources = new ResourceStack();
  const log = createWriteStream(join(logsDir, 'minio.log'), { flags: 'a' });
  resources.defer(() => closeLog(log));
  // By its name, before it is there: a start that fails half-way leaves a container too.
  const end: { reason: string | null; expected: boolean } = { reason: null, expected: false };
  resources.defer(async () => {
    end.expected = true;
    await remove(name);
  });
  try {
    const container = await start(image, name, root, log);
    signal.throwIfAborted();
    void watch(container, end);
    return {
      endpoint: container.getConnectionUrl(),
      runs: `container ${image}`,
      ...(await processOf(container)),
      failure: () => end.reason,
      [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
    };
  } catch (error) {
    await resources[Symbol.asyncDispose]().catch(() => undefined); // the first error is the one to tell
    throw error;
  }
}

async function start(
  image: string,
  name: string,
  root: AccessKey,
  log: WriteStream,
): Promise<StartedMinioContainer> {
  const container = new MinioContainer(image)
    .withName(name)
    .withLabels(await ownerLabels())
    .withUsername(root.id)
    .withPassword(root.secret)
    .withEnvironment({ MINIO_BROWSER: 'off', MINIO_UPDATE: 'off' })
    .withLogConsumer((stream) => void stream.pipe(log, { end: false }))
    // Over HTTP: an image may have no shell to look for open ports with. The limit is also how often it is asked.
    .withWaitStrategy(Wait.forHttp(MINIO_READY, MINIO_PORT).withReadTimeout(READY_POLL_MS))
    .withStartupTimeout(READY_TIMEOUT_MS);
  return within(START_TIMEOUT_MS, container.start()).catch((error: unknown) => {
    throw new DrillError('DRILL_E_STORE_START', {
      what: `MinIO did not start in a container of the image ${image}`,
      why: messageOf(error).trim().replaceAll(/\s+/g, ' '),
      fix: 'look at evidence/…/logs/minio.log in the run directory; DRILL_MINIO_IMAGE names another image',
      exit: 3,
      cause: error,
    });
  });
}

/** Its first process, as this machine sees it; nothing where the engine runs on another. */
async function processOf(container: StartedMinioContainer): Promise<Pick<MinioServer, 'processId'>> {
  const { container: containers } = await getContainerRuntimeClient();
  const { State } = await containers.getById(container.getId()).inspect();
  return State.Pid > 0 ? { processId: State.Pid } : {};
}

/** Notices a container that ends by itself. */
async function watch(
  container: StartedMinioContainer,
  end: { reason: string | null; readonly expected: boolean },
): Promise<void> {
  const { container: containers } = await getContainerRuntimeClient();
  const why = await containers
    .getById(container.getId())
    .wait()
    .then(({ StatusCode }: { StatusCode: number }) => `exit code ${StatusCode}`, messageOf);
  if (!end.expected) end.reason = `MinIO's container ended: ${why}`;
}

async function remove(name: string): Promise<void> {
  const { container: containers } = await getContainerRuntimeClient();
  const removed = containers.dockerode.getContainer(name).remove({ force: true, v: true });
  await within(REMOVE_TIMEOUT_MS, removed).catch((error: unknown) => {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return; // it never came to be
    throw error;
  });
}

async function closeLog(log: WriteStream): Promise<void> {
  log.end();
  await within(LOG_TIMEOUT_MS, finished(log)).catch(() => undefined); // what is there is kept
}
