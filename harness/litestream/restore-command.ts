import { type BucketSettings, renderRestoreConfig } from './config.ts';
import { type LitestreamKeys, litestreamEnvironment } from './environment.ts';
import type { LitestreamLine } from './version.ts';

/** One `litestream restore`, ready to start once `configText` has been written to `configPath` (it holds no secret). */
export interface RestoreInvocation {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly configText: string;
}

/**
 * How one database comes back from the bucket: `restore -config FILE -o OUT DBPATH`. The URL form of 0.3 has no place for
 * an endpoint, so on both lines the replica is described in a config of its own, in which the output file is also the database's name.
 * There is no `-if-replica-exists`: a missing replica must be an error.
 */
export function restoreInvocation(options: {
  litestream: string;
  line: LitestreamLine;
  settings: BucketSettings & LitestreamKeys;
  prefix: string;
  /** Path of the database below the prefix. */
  path: string;
  /** Absolute path of the file to write. It must not exist. */
  output: string;
  configPath: string;
  /** WAL files downloaded at once. The default is Litestream's own. */
  walDownloads?: number;
  /** The instant to restore (RFC 3339); without it the newest state. */
  timestamp?: string | null;
  /** Of 0.3: the generation to restore, instead of the one with the newest object. */
  generation?: string | null;
  env: Readonly<Record<string, string | undefined>>;
}): RestoreInvocation {
  const { litestream, line, settings, prefix, path, output, configPath, walDownloads = 8, env } = options;
  const point = [
    ...(options.timestamp == null ? [] : ['-timestamp', options.timestamp]),
    ...(options.generation == null ? [] : ['-generation', options.generation]),
  ];
  return {
    command: litestream,
    args: [
      'restore',
      '-config',
      configPath,
      '-parallelism',
      String(walDownloads),
      ...point,
      '-o',
      output,
      output,
    ],
    env: litestreamEnvironment(settings, env),
    configText: renderRestoreConfig({ line, database: { path, file: output }, settings, prefix }),
  };
}
