import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { endpointProblem, PATH_STYLE_VARIABLE, pathStyleOf, shownEndpoint } from '../store/endpoint.ts';
import type { S3Settings } from '../store/s3-client.ts';
import { reasonOf, SupervisorError } from './failure.ts';
import { lineOfKey } from './toml-lines.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface SupervisorConfig {
  /** Absolute. */
  readonly dataDir: string;
  readonly enabled: boolean;
  readonly bucket: string;
  /** Without slashes at its ends; empty: the bucket's root. */
  readonly prefix: string;
  readonly replicateIntervalSec: number;
  /** How long Litestream may take for its last sync when the supervisor ends. */
  readonly stopTimeoutSec: number;
  /** Hold a lease in the bucket, so that no second host replicates to the same prefix. */
  readonly lease: boolean;
  /** `HOST:PORT` of the status endpoint on the loopback; null: none. */
  readonly statusListen: string | null;
}

/** Reads `rustbase.toml`: defaults < file < `RUSTBASE_DATA_DIR`, `RUSTBASE_LITESTREAM__*`. All problems come at once. */
export function loadConfig(file: string, env: Env): SupervisorConfig {
  const text = readText(file);
  const source: Source = { file, text, problems: [] };
  const document = parseText(file, text);
  checkTables(document, source);
  const values = { ...tableOf(document, source), ...fromEnvironment(env, source) };
  const read = <K extends keyof typeof KEYS>(key: K) => readKey(key, values[key], source);
  const enabled = read('enabled');
  const config: SupervisorConfig = {
    dataDir: resolve(dirname(file), dataDirOf(document, env, source)),
    enabled,
    bucket: read('bucket'),
    prefix: read('prefix'),
    replicateIntervalSec: read('replicate_interval_sec'),
    stopTimeoutSec: read('stop_timeout_sec'),
    lease: read('lease'),
    statusListen: read('status_listen') || null,
  };
  if (enabled && values['bucket'] === undefined) {
    const line = lineOfKey(text, 'litestream', null);
    source.problems.push(`${file}:${line}: [litestream] bucket is missing, and enabled is true`);
  }
  if (source.problems.length > 0) throw invalid(file, source.problems.join('\n       '));
  return config;
}

/** Bucket, endpoint and keys. Endpoint and region come from the environment, as the documented page says. */
export function storeSettings(config: SupervisorConfig, env: Env): S3Settings {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'] ?? env['LITESTREAM_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'] ?? env['LITESTREAM_SECRET_ACCESS_KEY'];
  if (!accessKeyId || !secretAccessKey) {
    throw credentials(
      'there are no credentials for the bucket',
      'AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set',
    );
  }
  if (env['AWS_SESSION_TOKEN']) {
    throw credentials(
      'the credentials are temporary',
      'AWS_SESSION_TOKEN is set; replication would end when it expires',
    );
  }
  const endpoint = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || null;
  const problem = endpoint === null ? null : endpointProblem(endpoint);
  if (endpoint !== null && problem !== null) {
    throw credentials(`the endpoint ${shownEndpoint(endpoint)} is no address of a service`, problem);
  }
  const forcePathStyle = pathStyleOf(env[PATH_STYLE_VARIABLE], endpoint);
  if (forcePathStyle === null) {
    throw credentials(
      'the path style is neither true nor false',
      `${PATH_STYLE_VARIABLE} is ${env[PATH_STYLE_VARIABLE]}`,
    );
  }
  return {
    endpoint: endpoint?.replace(/\/$/, '') ?? null,
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || 'us-east-1',
    bucket: config.bucket,
    accessKeyId,
    secretAccessKey,
    // Only AWS itself wants the bucket in the host name; other services are reached by path unless the environment says no.
    forcePathStyle,
  };
}

interface Source {
  readonly file: string;
  readonly text: string;
  readonly problems: string[];
}

interface Key<T> {
  readonly fallback: T;
  readonly expected: string;
  readonly read: (value: unknown) => T | null;
}

const KEYS = {
  enabled: {
    fallback: false,
    expected: 'true or false',
    read: (v) => (typeof v === 'boolean' ? v : null),
  } as Key<boolean>,
  bucket: {
    fallback: '',
    expected: 'the name of a bucket, with or without s3://',
    read: readBucket,
  } as Key<string>,
  prefix: {
    fallback: '',
    expected: 'a path such as "prod", without . or .. in it',
    read: readPrefix,
  } as Key<string>,
  replicate_interval_sec: {
    fallback: 10,
    expected: 'a number of seconds from 0.01 to 3600',
    read: numberIn(0.01, 3600),
  } as Key<number>,
  stop_timeout_sec: {
    fallback: 10,
    expected: 'a number of seconds from 0.1 to 600',
    read: numberIn(0.1, 600),
  } as Key<number>,
  lease: {
    fallback: true,
    expected: 'true or false',
    read: (v) => (typeof v === 'boolean' ? v : null),
  } as Key<boolean>,
  status_listen: {
    fallback: '',
    expected: 'an address of the loopback such as "127.0.0.1:9093"',
    read: readLoopback,
  } as Key<string>,
};

function readKey<K extends keyof typeof KEYS>(key: K, value: unknown, source: Source): ReturnTypeOf<K> {
  const known = KEYS[key] as Key<ReturnTypeOf<K>>;
  if (value === undefined) return known.fallback;
  const read = known.read(value);
  if (read !== null) return read;
  source.problems.push(
    `${place(key, source)}: ${key} must be ${known.expected}, not ${JSON.stringify(value)}`,
  );
  return known.fallback;
}

type ReturnTypeOf<K extends keyof typeof KEYS> = (typeof KEYS)[K]['fallback'];

function place(key: string, { file, text }: Source): string {
  const line = lineOfKey(text, 'litestream', key);
  return `${file}:${line}`;
}

function readBucket(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const name = value.replace(/^s3:\/\//, '').replace(/\/$/, '');
  return /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(name) ? name : null;
}

/** Litestream cleans `.`, `..` and `//` out of a replica path, so the keys would not be where we look for them. */
function readPrefix(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const prefix = value.replace(/^\/+|\/+$/g, '');
  if (prefix === '') return prefix;
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  if (/[\u0000-\u001f\u007f\ufffd]/.test(prefix)) return null;
  return prefix.split('/').some((part) => part === '' || part === '.' || part === '..') ? null : prefix;
}

function readLoopback(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  return value === '' || /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d{1,5}$/.test(value) ? value : null;
}

function numberIn(from: number, to: number): (value: unknown) => number | null {
  return (value) => (typeof value === 'number' && value >= from && value <= to ? value : null);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(file, `it cannot be read: ${reasonOf(error)}`);
  }
}

function parseText(file: string, text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw invalid(file, `${file}:${error.line}:${error.column}: ${error.message.split('\n')[0]}`);
  }
}

/** A section name with a slip in it would turn the backups off without a word. The rest of the file is RustBaas' own. */
function checkTables(document: Record<string, unknown>, { file, text, problems }: Source): void {
  for (const name of Object.keys(document)) {
    if (name === 'litestream' || distance(name.toLowerCase(), 'litestream') > 2) continue;
    problems.push(
      `${file}:${lineOfKey(text, name, null)}: unknown section [${name}]: did you mean [litestream]?`,
    );
  }
}

function tableOf(document: Record<string, unknown>, source: Source): Record<string, unknown> {
  const table = document['litestream'] ?? {};
  if (typeof table !== 'object' || Array.isArray(table)) {
    source.problems.push(
      `${source.file}:${lineOfKey(source.text, '', 'litestream')}: litestream must be a section`,
    );
    return {};
  }
  for (const key of Object.keys(table)) {
    if (!Object.hasOwn(KEYS, key))
      source.problems.push(`${place(key, source)}: unknown key ${key}${suggestion(key)}`);
  }
  return table as Record<string, unknown>;
}

function fromEnvironment(env: Env, { problems }: Source): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !name.startsWith('RUSTBASE_LITESTREAM')) continue;
    const key = /^RUSTBASE_LITESTREAM__(.+)$/.exec(name)?.[1]?.toLowerCase();
    if (key === undefined) {
      problems.push(
        `environment: ${name} has no effect: nested keys are written RUSTBASE_LITESTREAM__KEY, with two underscores`,
      );
    } else if (!Object.hasOwn(KEYS, key)) {
      problems.push(`environment: ${name}: unknown key ${key}${suggestion(key)}`);
    } else {
      values[key] = typeof KEYS[key as keyof typeof KEYS].fallback === 'string' ? text : scalar(text);
    }
  }
  return values;
}

function scalar(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function dataDirOf(document: Record<string, unknown>, env: Env, { file, text, problems }: Source): string {
  const value = env['RUSTBASE_DATA_DIR'] ?? document['data_dir'] ?? './data';
  if (typeof value === 'string' && value !== '') return value;
  problems.push(
    `${file}:${lineOfKey(text, '', 'data_dir')}: data_dir must be a folder, not ${JSON.stringify(value)}`,
  );
  return './data';
}

function suggestion(key: string): string {
  const near = Object.keys(KEYS).find((known) => distance(key, known) <= 3);
  return near === undefined ? `; known are ${Object.keys(KEYS).join(', ')}` : `: did you mean ${near}?`;
}

/** Edits between two short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function invalid(file: string, why: string): SupervisorError {
  return new SupervisorError('DRILL_E_CONFIG_INVALID', {
    what: `the configuration ${file} cannot be used`,
    why,
    fix: 'correct it; nothing was started',
    exit: 2,
  });
}

function credentials(what: string, why: string): SupervisorError {
  return new SupervisorError('DRILL_E_CONFIG_INVALID', {
    what,
    why,
    fix: 'set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and, for other services than AWS, AWS_ENDPOINT_URL_S3',
    exit: 2,
  });
}
