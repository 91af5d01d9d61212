import { stat } from 'node:fs/promises';
import { DrillError } from '../errors.ts';
import type { RestoreRecord } from '../evidence/database.ts';
import { chooseLitestream } from '../litestream/choose.ts';
import { restoreFleet } from '../recovery/restore-fleet.ts';
import { endpointProblem, PATH_STYLE_VARIABLE, pathStyleOf, shownEndpoint } from '../store/endpoint.ts';
import type { S3Settings } from '../store/s3-client.ts';
import type { Io, RestoreOptions } from './options.ts';

/**
 * `drill restore`: a whole fleet from the bucket into a clean folder. Exit code 0 when every registered database is
 * back, 1 when one is not, 2 and 3 as everywhere.
 */
export async function restoreCommand(options: RestoreOptions, io: Io): Promise<number> {
  for (const [flag, folder] of [
    ['--blobs-from', options.blobsFrom],
    ['--hooks-from', options.hooksFrom],
  ] as const) {
    if (folder !== undefined) await assertFolder(flag, folder);
  }
  const litestream = await chooseLitestream(options.litestream ?? null, io.env);
  const records = await restoreFleet({
    store: settingsFrom(options.bucket, io.env),
    prefix: options.prefix.replaceAll(/^\/+|\/+$/g, ''),
    layout: options.layout,
    outputDir: options.outputDir,
    litestream,
    env: io.env,
    parallelism: options.parallelism,
    timestamp: options.timestamp ?? null,
    databaseTimeoutMs: options.databaseTimeout,
    blobsFrom: options.blobsFrom ?? null,
    hooksFrom: options.hooksFrom ?? null,
    emit: (event) => {
      if (options.events) io.stdout.write(`${JSON.stringify(event)}\n`);
      else if (event.event === 'copied') io.stdout.write(`${event.files} ${event.what} copied\n`);
      else if (event.event === 'database') io.stdout.write(`${describe(event.record)}\n`);
    },
  });
  const missing = records.filter(
    (record) => record.outcome !== 'restored' && record.outcome !== 'not-registered',
  );
  const restored = records.filter((record) => record.outcome === 'restored').length;
  const left = records.filter((record) => record.outcome === 'not-registered').length;
  const leftOver = left === 0 ? '' : `, ${left} left in the bucket because no restored parent registers them`;
  if (!options.events) io.stdout.write(`${restored} restored, ${missing.length} not${leftOver}\n`);
  return missing.length === 0 && restored > 0 ? 0 : 1;
}

function describe({ path, outcome, bytes, startUs, endUs, detail }: RestoreRecord): string {
  const size = `${bytes} bytes in ${Math.round((endUs - startUs) / 1000)} ms`;
  const facts = outcome === 'restored' ? [size, detail].filter(Boolean).join(', ') : detail;
  return `${outcome.padEnd(14)} ${path}  ${facts}`;
}

/** A folder that is not there would bring nothing back, and say so nowhere. */
async function assertFolder(flag: string, folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory() === true) return;
  throw new DrillError('DRILL_E_USAGE', {
    what: `${flag}=${folder} is no folder`,
    why: found === null ? 'there is nothing at this path' : 'what is there is not a folder',
    fix: 'name the folder that is laid out as data_dir, or leave the option out',
    exit: 2,
  });
}

/** Credentials come from the environment alone: they would show in a process list. */
function settingsFrom(bucket: string, env: NodeJS.ProcessEnv): S3Settings {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new DrillError('DRILL_E_USAGE', {
      what: 'there is no credential to restore with',
      why: 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set',
      fix: 'set them to the recovery credential (it needs s3:ListBucket and s3:GetObject)',
      exit: 2,
    });
  }
  const endpoint = env['AWS_ENDPOINT_URL_S3'] || null;
  const problem = endpoint === null ? null : endpointProblem(endpoint);
  const forcePathStyle = pathStyleOf(env[PATH_STYLE_VARIABLE], endpoint);
  if (problem !== null || forcePathStyle === null) {
    throw new DrillError('DRILL_E_USAGE', {
      what: 'the environment does not say where the bucket is',
      why:
        problem === null
          ? `${PATH_STYLE_VARIABLE} is ${env[PATH_STYLE_VARIABLE]}, not true or false`
          : `AWS_ENDPOINT_URL_S3: ${shownEndpoint(endpoint ?? '')} cannot be used: ${problem}`,
      fix: 'set AWS_ENDPOINT_URL_S3 to http(s)://HOST[:PORT] for any service but AWS',
      exit: 2,
    });
  }
  return {
    endpoint: endpoint?.replace(/\/$/, '') ?? null,
    region: env['AWS_REGION'] || 'us-east-1',
    bucket: bucket.replace(/^s3:\/\//, '').replace(/\/+$/, ''),
    accessKeyId,
    secretAccessKey,
    forcePathStyle,
  };
}
