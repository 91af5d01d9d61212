import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerRuntimeClient } from 'testcontainers';
import { DrillError, messageOf } from '../errors.ts';

const ANSWER_TIMEOUT_MS = 8000;
const REGISTRY_TIMEOUT_MS = 15_000;
const PULL_TIMEOUT_MS = 600_000;
const TOLD_CHARACTERS = 300;

/** A container engine that answers. */
export interface ContainerEngine {
  readonly client: ContainerRuntimeClient;
  /** Name and version for people. */
  readonly description: string;
}

/** Whether the engine has an image, or can get it. Nothing is pulled by asking. */
export type ImageState =
  | { readonly state: 'present' | 'can be pulled' }
  | { readonly state: 'unknown'; why: string };

/** Finds the engine that Testcontainers would take, and makes sure that it is the one that was named. */
export async function findContainerEngine(env: NodeJS.ProcessEnv): Promise<ContainerEngine> {
  const wanted = env['DOCKER_HOST'] ?? '';
  const where = wanted === '' ? 'on this machine' : `at DOCKER_HOST=${wanted}`;
  // Loaded only now: it takes longer than the whole of `drill --help`.
  const { getContainerRuntimeClient } = await import('testcontainers');
  const client = await within(ANSWER_TIMEOUT_MS, getContainerRuntimeClient()).catch((error: unknown) => {
    throw noEngine(where, messageOf(error), error);
  });
  // It tries DOCKER_HOST first and then goes on to others: a drill on an engine that nobody named would be a surprise.
  const { socketPath, host } = client.container.dockerode.modem as { socketPath?: string; host?: string };
  if (wanted !== '' && !isAt(wanted, { socketPath, host }))
    throw noEngine(where, 'nothing answers there', null);
  const { serverVersion, operatingSystem } = client.info.containerRuntime;
  return { client, description: `${serverVersion} on ${operatingSystem}` };
}

function isAt(
  wanted: string,
  { socketPath, host }: { socketPath?: string | undefined; host?: string | undefined },
): boolean {
  const url = URL.canParse(wanted) ? new URL(wanted) : null;
  return url?.protocol === 'unix:' ? socketPath === url.pathname : host === url?.hostname;
}

export async function imageState({ client }: ContainerEngine, image: string): Promise<ImageState> {
  const handle = client.container.dockerode.getImage(image);
  try {
    await within(ANSWER_TIMEOUT_MS, handle.inspect());
    return { state: 'present' };
  } catch (error) {
    if (statusOf(error) !== 404) return { state: 'unknown', why: told(error) };
  }
  try {
    // The engine asks the registry for the image's description, as the first step of a pull would.
    await within(REGISTRY_TIMEOUT_MS, handle.distribution());
    return { state: 'can be pulled' };
  } catch (error) {
    // An engine without this question answers 404; a registry that wants a login is asked again with one.
    const unasked = [401, 403, 404].includes(statusOf(error) ?? 0);
    return unasked ? { state: 'can be pulled' } : { state: 'unknown', why: told(error) };
  }
}

/** Pulls an image with the credentials that the user has stored for its registry. */
export async function pullImage({ client }: ContainerEngine, image: string): Promise<void> {
  const { ImageName } = await import('testcontainers');
  const name = ImageName.fromString(image);
  const pull = async (): Promise<void> => {
    await client.image.pull(name);
    // A pull that failed half-way ends like one that succeeded.
    await client.image.inspect(name);
  };
  await within(PULL_TIMEOUT_MS, pull()).catch((error: unknown) => {
    throw notPullable(image, told(error), error);
  });
}

/**
 * Starts Testcontainers' reaper, which removes the containers of a run that crashed, unless the user has switched it
 * off: then the next start of a drill sweeps them.
 */
export async function startReaper({ client }: ContainerEngine, env: NodeJS.ProcessEnv): Promise<void> {
  if (env['TESTCONTAINERS_RYUK_DISABLED'] === 'true') return;
  const { getReaper } = await import('testcontainers');
  await within(REGISTRY_TIMEOUT_MS, getReaper(client)).catch((error: unknown) => {
    throw new DrillError('DRILL_E_STORE_START', {
      what: "Testcontainers' reaper (Ryuk) cannot be started",
      why: told(error),
      fix: 'name an image of it that you have with RYUK_CONTAINER_IMAGE, or set TESTCONTAINERS_RYUK_DISABLED=true',
      exit: 3,
      cause: error,
    });
  });
}

export function notPullable(image: string, why: string, cause: unknown): DrillError {
  return new DrillError('DRILL_E_STORE_START', {
    what: `the image ${image} is not there and cannot be pulled`,
    why,
    fix: `try: docker pull ${image}; or name an image that you have with DRILL_MINIO_IMAGE, or use --store=embedded`,
    exit: 3,
    cause,
  });
}

/** The engine's own calls have no limit. */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const late = sleep(limitMs, undefined, { ref: false }).then(() => {
    throw new Error(`no answer within ${limitMs / 1000} s`);
  });
  return Promise.race([work, late]);
}

function statusOf(error: unknown): number | null {
  return error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : null;
}

function told(error: unknown): string {
  return messageOf(error).trim().replaceAll(/\s+/g, ' ').slice(0, TOLD_CHARACTERS);
}

function noEngine(where: string, why: string, cause: unknown): DrillError {
  return new DrillError('DRILL_E_STORE_START', {
    what: `no container engine answers ${where}`,
    why,
    fix: 'start Docker (or Podman with its socket), or put a minio program on PATH, or use --store=embedded',
    exit: 3,
    cause,
  });
}
