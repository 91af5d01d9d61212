import { InvalidArgumentError } from 'commander';
import { DURATION, DURATION_FORM, durationMs } from '../duration.ts';
import { suggestion } from '../did-you-mean.ts';
import { DrillError, messageOf } from '../errors.ts';
import { COMMAND } from '../project.ts';
import type { BucketLayout } from '../recovery/bucket-places.ts';
import type { Reporter } from '../reporters.ts';
import type { Screen } from '../report/screen.ts';
import type { TIERS } from '../scenario/tiers.ts';
import { parseShard, type ShardChoice } from '../shard/shard.ts';

/** What a command may touch of the outside. stdout is for its result, stderr for everything else. */
export interface Io {
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly env: NodeJS.ProcessEnv;
}

export const BASELINES = ['last-pass'] as const;
export const STORES = ['auto', 'minio', 'embedded', 'external'] as const;

/** What there is a schema of: what an author writes, and what a run writes. */
export const SCHEMAS = ['scenario', 'result'] as const;

export interface SchemaOptions {
  readonly of: (typeof SCHEMAS)[number];
  /** A file; `-` is stdout. */
  readonly output: string;
}

/** `drill run`, parsed. null: not given. */
export interface RunOptions {
  /** Ids or files; empty with neither tier nor tag: nothing was chosen. */
  readonly scenarios: readonly string[];
  readonly tier: (typeof TIERS)[number] | null;
  readonly tag: string | null;
  /** Ids of the chosen scenarios that are left out all the same. */
  readonly except: readonly string[];
  readonly store: (typeof STORES)[number];
  /** A version, or the path of a Litestream program. */
  readonly litestream: string | null;
  readonly supervisor: string | null;
  readonly seed: number | null;
  readonly repeat: number;
  /** The part of the plan that this machine is to drill. */
  readonly shard: ShardChoice | null;
  /** What the run is held against. */
  readonly against: (typeof BASELINES)[number] | null;
  /** How far a figure may be worse than before: 0.25 is 25 %. */
  readonly tolerance: number;
  readonly reporters: readonly Reporter[];
  /** Where a run that is no pass is told. */
  readonly notify: NotifyOptions;
  readonly outputDir: string;
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly keep: boolean;
  readonly bail: boolean;
  /** null: each scenario's own limit. */
  readonly timeoutMs: number | null;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export const NOTIFY_FORMATS = ['json', 'slack'] as const;

/** The webhook that is told of a run that is no pass; null: none is. Its address is a secret and is shown nowhere. */
export interface NotifyOptions {
  readonly url: URL | null;
  readonly format: (typeof NOTIFY_FORMATS)[number];
}

export const REPORT_FORMATS = ['console', 'html', 'markdown', 'junit', 'prometheus'] as const;

/** `drill report`, parsed. */
export interface ReportOptions {
  readonly format: (typeof REPORT_FORMATS)[number];
  readonly json: boolean;
  readonly outputDir: string;
}

/** `drill report --pack`, parsed. */
export interface PackOptions {
  /** A new folder; true: beside the run. */
  readonly pack: string | true;
  readonly statement?: string;
  readonly sign?: string;
  readonly outputDir: string;
}

/** `drill verify-pack`, parsed. */
export interface VerifyPackOptions {
  readonly allowedSigners?: string;
  readonly signer?: string;
  /** A file with a minisign public key. */
  readonly publicKey?: string;
  readonly history?: string;
  readonly json: boolean;
}

export const LITESTREAM_SOURCES = ['pypi', 'github', 'go'] as const;

/** `drill litestream add`, parsed. */
export interface AddOptions {
  /** null: the first that has the version. */
  readonly source: (typeof LITESTREAM_SOURCES)[number] | null;
  readonly force: boolean;
  readonly json: boolean;
}

/** `drill restore`, parsed. */
export interface RestoreOptions {
  readonly bucket: string;
  readonly prefix: string;
  readonly layout: BucketLayout;
  readonly outputDir: string;
  readonly litestream?: string;
  readonly parallelism: number | 'auto';
  /** Milliseconds. */
  readonly databaseTimeout: number;
  readonly blobsFrom?: string;
  readonly hooksFrom?: string;
  /** ISO 8601 in UTC; without it the newest state. */
  readonly timestamp?: string;
  /** One JSON document a line on stdout, for programs; without it a line a database for people. */
  readonly events: boolean;
}

/** The command that repeats a run: everything that changes what is drilled, and nothing that changes how it is shown. */
export function repeatCommand(options: RunOptions, seed: number): string {
  const flags = [
    ...options.scenarios.map((scenario) => `--scenario=${scenario}`),
    ...(options.tier === null ? [] : [`--tier=${options.tier}`]),
    ...(options.tag === null ? [] : [`--tag=${options.tag}`]),
    ...options.except.map((id) => `--except=${id}`),
    ...(options.store === 'auto' ? [] : [`--store=${options.store}`]),
    ...(options.litestream === null ? [] : [`--litestream=${options.litestream}`]),
    ...(options.supervisor === null ? [] : [`--supervisor=${options.supervisor}`]),
    ...(options.timeoutMs === null ? [] : [`--timeout=${options.timeoutMs}ms`]),
    ...(options.repeat === 1 ? [] : [`--repeat=${options.repeat}`]),
    ...(options.bail ? ['--bail'] : []),
    ...(options.shard === null ? [] : [`--shard=${shardText(options.shard)}`]),
    `--seed=${seed}`,
  ];
  return [COMMAND, ...flags.map(shellQuoted)].join(' ');
}

function shardText({ index, count }: ShardChoice): string {
  return [index ?? 'auto', ...(count === null ? [] : [count])].join('/');
}

function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Accepts one of a few words; a typo gets a suggestion. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It must be one of ${words.join(', ')}${suggestion(text, words)}`);
  };
}

/** Accepts some of a few words, with commas between them; given again it adds to them. */
export function someOf<Word extends string>(
  words: readonly Word[],
): (text: string, earlier?: readonly Word[]) => readonly Word[] {
  return (text, earlier = []) => [...new Set([...earlier, ...text.split(',').map(oneOf(words))])];
}

/** Accepts a whole number within limits. */
export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= from && value <= to) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`);
  };
}

/** Accepts auto or a number of restores at once. */
export function parallelism(text: string): number | 'auto' {
  return text === 'auto' ? 'auto' : wholeNumber(1, 64)(text);
}

/** Accepts a duration with a unit, as milliseconds. */
export function duration(text: string): number {
  if (DURATION.test(text) && durationMs(text) > 0) return durationMs(text);
  throw new InvalidArgumentError(`${DURATION_FORM}.`);
}

/** Accepts an instant as ISO 8601 with its zone; gives it in UTC. */
export function instant(text: string): string {
  const isWhole = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const parsed = new Date(text);
  if (isWhole && !Number.isNaN(parsed.getTime())) return parsed.toISOString();
  throw new InvalidArgumentError('It must be an instant like 2026-11-24T03:00:00Z.');
}

/** Accepts a share in percent, as a fraction of 1. */
export function percent(text: string): number {
  const match = /^(\d{1,4}(?:\.\d+)?)%$/.exec(text);
  if (match !== null) return Number(match[1]) / 100;
  throw new InvalidArgumentError('It must be a number with a percent sign, like 25%.');
}

/** Accepts the address of a webhook. The message does not repeat it: the secret is in it. */
export function webhookUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username + url.password === '') return url;
  throw new DrillError('DRILL_E_USAGE', {
    what: '--notify is no address of a webhook',
    why: 'it must be an http or https address without user and password',
    fix: 'correct it, or DRILL_NOTIFY_URL, whichever is set',
    exit: 2,
  });
}

/** Accepts a shard. */
export function shard(text: string): ShardChoice {
  try {
    return parseShard(text);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}

/** Accepts any text but an empty one. */
export function notEmpty(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It must not be empty.');
}

/** Collects an option that may be given again. */
export function repeated(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, notEmpty(text)];
}
