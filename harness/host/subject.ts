import { readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { stringify } from 'smol-toml';
import { ownProgram } from '../litestream/own-program.ts';
import { PATH_STYLE_VARIABLE } from '../store/endpoint.ts';
import type { S3Settings } from '../store/s3-client.ts';
import type { HostPaths, RunningHost } from './host.ts';
import { SUPERVISOR } from './protocol.ts';

/** What is under test: the command of a supervisor, and the Litestream that it finds first on its PATH. */
export interface Subject {
  /** null: our own supervisor. */
  readonly supervisor: string | null;
  readonly litestream: string;
}

const CLI = ownProgram('../cli.ts', import.meta.url);

/** The shell command that a subject is started with, in the host's folder. */
export function supervisorCommand(subject: Subject): string {
  return subject.supervisor ?? `exec '${process.execPath}' '${CLI}' supervise --config rustbase.toml`;
}

/** Writes rustbase.toml as the documented page shows it, and puts the chosen Litestream first on the host's PATH. */
export async function prepareHost(
  paths: HostPaths,
  options: { subject: Subject; bucket: string; prefix: string; replicateIntervalSec: number },
): Promise<void> {
  const config = {
    data_dir: paths.dataDir,
    litestream: {
      enabled: true,
      bucket: `s3://${options.bucket}`,
      prefix: options.prefix,
      replicate_interval_sec: options.replicateIntervalSec,
    },
  };
  await writeFile(paths.rustbaseToml, stringify(config));
  await symlink(options.subject.litestream, join(paths.binDir, 'litestream'));
}

/** Which certificates this machine trusts, for Go and for Node; where they are set, a host on it has them too. */
const TRUST = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'];

/**
 * The whole environment of a supervisor: AWS credentials and endpoint, PATH, HOME, and what the machine trusts. No side
 * channel. The path style is said only where it is not what an endpoint, or none, lets expect.
 */
export function subjectEnvironment(paths: HostPaths, store: S3Settings): Record<string, string> {
  const trust = TRUST.flatMap((name) => {
    const value = process.env[name];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(trust),
    ...(store.forcePathStyle === (store.endpoint !== null)
      ? {}
      : { [PATH_STYLE_VARIABLE]: String(store.forcePathStyle) }),
    AWS_ACCESS_KEY_ID: store.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
    AWS_REGION: store.region,
    ...(store.endpoint === null ? {} : { AWS_ENDPOINT_URL_S3: store.endpoint }),
    PATH: `${paths.binDir}${delimiter}${process.env['PATH'] ?? '/usr/bin:/bin'}`,
    HOME: paths.folder,
  };
}

/** Starts the supervisor as any other would be started: through the shell, in the host's folder. */
export function startSupervisor(
  host: RunningHost,
  subject: Subject,
  store: S3Settings,
  logFile: string,
  /** What the shell does first. */
  first = '',
): void {
  host.start({
    name: SUPERVISOR,
    argv: null,
    shell: `${first}${supervisorCommand(subject)}`,
    cwd: host.paths.folder,
    env: subjectEnvironment(host.paths, store),
    logFile,
    relay: false,
    ledgerFile: null,
  });
}

/** What the supervisor claimed of each database in its status file, if it keeps one; null: no readable claim. */
export async function readClaims(statusFile: string): Promise<ReadonlyMap<string, boolean> | null> {
  try {
    const status = JSON.parse(await readFile(statusFile, 'utf8')) as {
      databases?: { path?: unknown; protected?: unknown }[];
    };
    const claims = (status.databases ?? []).filter(
      (entry): entry is { path: string; protected: boolean } =>
        typeof entry.path === 'string' && typeof entry.protected === 'boolean',
    );
    return new Map(claims.map((entry) => [entry.path, entry.protected]));
  } catch {
    return null;
  }
}

/** Whether the supervisor tells of an error of the bucket in its status file; null: there is no readable file that says so. */
export async function readStoreAlarm(statusFile: string): Promise<boolean | null> {
  try {
    const { bucket } = JSON.parse(await readFile(statusFile, 'utf8')) as { bucket?: { error?: unknown } };
    const error = bucket?.error;
    return error === null || typeof error === 'string' ? error !== null : null;
  } catch {
    return null;
  }
}

/** Whether the supervisor says in its status file that the disk has little space left; null: there is no readable file. */
export async function readSpaceAlarm(statusFile: string): Promise<boolean | null> {
  try {
    const { disk } = JSON.parse(await readFile(statusFile, 'utf8')) as { disk?: { lowSpace?: unknown } };
    return disk?.lowSpace === true;
  } catch {
    return null;
  }
}
