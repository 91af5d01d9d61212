import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DrillError, messageOf } from '../errors.ts';
import { diagnose } from './diagnose.ts';
import { EXTERNAL_NAMES } from './external-names.ts';
import type { ExternalSettings } from './external-settings.ts';
import { changesBetween } from './listing-changes.ts';
import { type StoreProxy, startProxy } from './proxy.ts';
import type { DooredRole } from './request-log.ts';
import { openS3, type S3Client, type S3Settings } from './s3-client.ts';
import type { Store, StoreOptions } from './store.ts';

type ExternalOptions = Pick<StoreOptions, 'prefix' | 'keep' | 'note' | 'logFile' | 'faults'>;

/** Every drill works in a folder of this name and a random end, and in nothing else. */
const FOLDER = /^drill-[0-9a-f]{16}\//;
/** Nothing has changed for so long: what was under way at a kill has come in. */
const CALM_MS = 1000;
const LOOK_MS = 250;
/** Whoever still uploads then is alive. */
const SETTLE_LIMIT_MS = 15_000;

/**
 * A store that is somebody else's: a bucket in which the drill has a prefix of its own, looked at by listing alone. Nothing
 * outside that prefix is ever written or deleted, and at the end it is gone again.
 */
export async function startExternalStore(
  settings: ExternalSettings,
  options: ExternalOptions,
): Promise<Store> {
  const { writer } = settings;
  const ownKey = settings.recovery !== null && settings.recovery.accessKeyId !== writer.accessKeyId;
  const recovery = ownKey ? settings.recovery : null;
  const base = settings.prefix === '' ? '' : `${settings.prefix}/`;
  const folder = `${base}drill-${randomBytes(8).toString('hex')}/`;
  const observer = openS3(recovery ?? writer);
  try {
    await assertOwn(observer, settings, base, options);
  } catch (error) {
    observer.close();
    throw error;
  }
  if (recovery === null) {
    options.note(
      'warn',
      'the restores use the credential of the writer: set DRILL_S3_RECOVERY_ACCESS_KEY_ID and ' +
        'DRILL_S3_RECOVERY_SECRET_ACCESS_KEY to one that may only list and get, as a recovery should have',
    );
  }
  const prefix = `${folder}${options.prefix}`;
  let failure: string | null = null;
  const proxy = await startFaults(writer, recovery ?? writer, options).catch((error: unknown) => {
    observer.close();
    throw error;
  });
  const by = (settings: S3Settings, role: DooredRole): S3Settings =>
    proxy === null ? settings : { ...settings, endpoint: proxy.endpointOf(role), forcePathStyle: true };
  return {
    kind: 'external',
    version: versionOf(observer),
    writer: by(writer, 'writer'),
    newWriter: by(writer, 'new-writer'),
    recovery: by(recovery ?? writer, 'recovery'),
    observer,
    prefix,
    uploadWatch: 'listing',
    ...(proxy === null ? {} : { faults: proxy.faults }),
    failure: () => failure ?? proxy?.failure() ?? null,
    settle: () => settle(observer, `${prefix}/`),
    [Symbol.asyncDispose]: async () => {
      await proxy?.[Symbol.asyncDispose]();
      try {
        if ((await observer.list(folder)).length === 0) return;
        if (options.keep) options.note('info', `kept in the bucket ${writer.bucket}: ${folder}`);
        else await removeFolder(settings, folder);
      } catch (error) {
        const { what, why } = diagnose(
          error,
          `remove ${folder} from ${writer.bucket}`,
          writer,
          EXTERNAL_NAMES,
        );
        failure = `${what}: ${why}`;
      } finally {
        observer.close();
      }
    },
  };
}

/**
 * Where faults are declared, a proxy stands between the store and everybody but the harness. Requests keep their Host, and
 * with it their signature: a service that goes by the name that it is called by cannot be drilled so.
 */
async function startFaults(
  writer: S3Settings,
  reader: S3Settings,
  { faults, logFile }: ExternalOptions,
): Promise<StoreProxy | null> {
  if (faults === undefined) return null;
  const upstream = writer.endpoint ?? `https://s3.${writer.region}.amazonaws.com`;
  const secrets = Object.fromEntries([writer, reader].map((one) => [one.accessKeyId, one.secretAccessKey]));
  return startProxy({
    upstream,
    logFile,
    roles: null,
    secrets,
    hostKey: null,
    faults: faults.declared,
    seed: faults.seed,
  });
}

/** The prefix that was given must hold nothing but drills: what else lies there may be somebody's backup. */
async function assertOwn(
  observer: S3Client,
  { writer, recovery }: ExternalSettings,
  base: string,
  { note }: ExternalOptions,
): Promise<void> {
  const place = recovery ?? writer;
  const objects = await observer.list(base).catch((error: unknown) => {
    const { kind, ...words } = diagnose(error, `list the bucket ${place.bucket}`, place, EXTERNAL_NAMES);
    const code = kind === 'refused' ? 'DRILL_E_STORE_REFUSED' : 'DRILL_E_STORE_UNREACHABLE';
    throw new DrillError(code, { ...words, exit: 3, cause: error });
  });
  const keys = objects.map(({ key }) => key.slice(base.length));
  const foreign = keys.filter((key) => !FOLDER.test(key));
  if (foreign.length > 0) {
    throw new DrillError('DRILL_E_STORE_REFUSED', {
      what: `the prefix "${base}" of the bucket ${place.bucket} is not empty`,
      why: `it holds ${foreign.length} objects that are no drill's, for instance ${foreign[0]}`,
      fix: 'name a prefix that nobody else uses in DRILL_S3_PREFIX',
      exit: 3,
    });
  }
  const left = [...new Set(keys.map((key) => key.split('/')[0]))];
  if (left.length > 0)
    note('warn', `other drills lie below "${base}", running or crashed ones: ${left.slice(0, 5).join(', ')}`);
}

/** The address is the one that answered, whatever the settings and the name service may say. */
function versionOf(observer: S3Client): string {
  const contact = observer.contact();
  if (contact === null) return 'unknown';
  const server = contact.server === null ? 'S3' : contact.server;
  return `${server} at ${contact.url}${contact.address === null ? '' : ` (${contact.address})`}`;
}

/**
 * What a dead process had sent may still be on its way, and nobody tells us when it has come in: waits until the listing
 * rests. One that never rests is a process that lives; what comes after this counts as late.
 */
async function settle(observer: S3Client, prefix: string): Promise<void> {
  const startMs = performance.now();
  let before = await observer.list(prefix);
  let calmSinceMs = performance.now();
  while (performance.now() - calmSinceMs < CALM_MS && performance.now() - startMs < SETTLE_LIMIT_MS) {
    await sleep(LOOK_MS);
    const now = await observer.list(prefix);
    if (changesBetween(before, now).length > 0) calmSinceMs = performance.now();
    before = now;
  }
}

async function removeFolder({ writer }: ExternalSettings, folder: string): Promise<void> {
  const client = openS3(writer);
  try {
    await client.remove((await client.list(folder)).map(({ key }) => key));
    const left = await client.list(folder);
    if (left.length > 0)
      throw new Error(`${left.length} objects are still there: ${messageOf(left[0]?.key)}`);
  } finally {
    client.close();
  }
}
