import { DrillError } from '../errors.ts';
import { endpointProblem, pathStyleOf, shownEndpoint } from './endpoint.ts';
import type { S3Settings } from './s3-client.ts';

/** Where an external store is, as a scenario may say it; the environment goes before it. Secrets are never in a scenario. */
export interface ExternalPlace {
  readonly endpoint?: string | undefined;
  readonly bucket?: string | undefined;
  readonly region?: string | undefined;
  readonly pathStyle?: boolean | undefined;
  readonly prefix?: string | undefined;
}

export interface ExternalSettings {
  readonly writer: S3Settings;
  /** null: none was given, and the recovery has to take the writer's. */
  readonly recovery: S3Settings | null;
  /** Below it each drill makes a prefix of its own. Without slashes at its ends. */
  readonly prefix: string;
}

const DEFAULT_PREFIX = 'dr-drill';
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;

type Env = Readonly<Record<string, string | undefined>>;

/** Puts together what the environment and the scenario say of an external store. All problems come at once, before anything starts. */
export function externalSettings(env: Env, place: ExternalPlace = {}): ExternalSettings {
  const problems: string[] = [];
  const endpoint = readEndpoint(env, place, problems);
  const bucket = (given(env, 'DRILL_S3_BUCKET') ?? place.bucket ?? '')
    .replace(/^s3:\/\//, '')
    .replace(/\/+$/, '');
  if (bucket === '') problems.push('DRILL_S3_BUCKET is not set, and the scenario names no bucket');
  else if (!BUCKET.test(bucket)) problems.push(`DRILL_S3_BUCKET: ${bucket} is no name of a bucket`);
  const region = given(env, 'DRILL_S3_REGION') ?? place.region ?? 'us-east-1';
  if (!/^[a-z0-9-]+$/i.test(region)) problems.push(`DRILL_S3_REGION: ${region} is no name of a region`);
  const where = {
    endpoint,
    region,
    bucket,
    forcePathStyle: readPathStyle(env, place, endpoint, problems),
  };
  const writer = readKey(env, 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', problems);
  if (writer === null && !given(env, 'AWS_ACCESS_KEY_ID') && !given(env, 'AWS_SECRET_ACCESS_KEY'))
    problems.push('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set');
  const recovery = readKey(
    env,
    'DRILL_S3_RECOVERY_ACCESS_KEY_ID',
    'DRILL_S3_RECOVERY_SECRET_ACCESS_KEY',
    problems,
  );
  const prefix = readPrefix(env, place, problems);
  if (problems.length > 0 || writer === null) throw invalid(problems);
  return {
    writer: { ...where, ...writer },
    recovery: recovery === null ? null : { ...where, ...recovery },
    prefix,
  };
}

/** Set to nothing is the same as not set. */
function given(env: Env, name: string): string | undefined {
  return env[name] || undefined;
}

function readEndpoint(env: Env, place: ExternalPlace, problems: string[]): string | null {
  const text = given(env, 'DRILL_S3_ENDPOINT') ?? place.endpoint;
  if (text === undefined) return null;
  const problem = endpointProblem(text);
  if (problem !== null) problems.push(`DRILL_S3_ENDPOINT: ${shownEndpoint(text)} cannot be used: ${problem}`);
  return text.replace(/\/$/, '');
}

function readPathStyle(env: Env, place: ExternalPlace, endpoint: string | null, problems: string[]): boolean {
  const text = given(env, 'DRILL_S3_PATH_STYLE');
  if (text === undefined) return place.pathStyle ?? endpoint !== null;
  const style = pathStyleOf(text, endpoint);
  if (style === null) problems.push(`DRILL_S3_PATH_STYLE must be true or false, not ${text}`);
  return style ?? true;
}

function readKey(
  env: Env,
  idName: string,
  secretName: string,
  problems: string[],
): Pick<S3Settings, 'accessKeyId' | 'secretAccessKey'> | null {
  const [accessKeyId, secretAccessKey] = [given(env, idName), given(env, secretName)];
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
  if (accessKeyId !== undefined) problems.push(`${idName} is set, ${secretName} is not`);
  if (secretAccessKey !== undefined) problems.push(`${secretName} is set, ${idName} is not`);
  return null;
}

function readPrefix(env: Env, place: ExternalPlace, problems: string[]): string {
  const text = given(env, 'DRILL_S3_PREFIX') ?? place.prefix ?? DEFAULT_PREFIX;
  const prefix = text.replaceAll(/^\/+|\/+$/g, '');
  if (prefix !== '' && !/^[\w.-]+(\/[\w.-]+)*$/.test(prefix))
    problems.push(`DRILL_S3_PREFIX: ${text} must be letters, digits and .-_ between slashes`);
  if (prefix.split('/').some((part) => part === '.' || part === '..'))
    problems.push(`DRILL_S3_PREFIX: ${text} must not hold . or ..`);
  return prefix;
}

function invalid(problems: readonly string[]): DrillError {
  return new DrillError('DRILL_E_CONFIG_INVALID', {
    what: 'the external store is not described',
    details: problems,
    why: 'where it is and who asks comes from the environment, or for the place from `store:` in the scenario',
    fix: 'set DRILL_S3_BUCKET, DRILL_S3_ENDPOINT (for anything but AWS), AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    exit: 2,
  });
}
