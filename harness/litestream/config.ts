import { Document } from 'yaml';
import { keyBase } from './listed-object.ts';
import type { LitestreamLine } from './version.ts';

/** The bucket as Litestream's config file names it; keys come from the environment, never from the file. */
export interface BucketSettings {
  readonly endpoint: string | null;
  readonly region: string;
  readonly bucket: string;
  readonly forcePathStyle: boolean;
}

export interface ConfiguredDatabase {
  /** Relative to data_dir; becomes the key below the prefix. */
  readonly path: string;
  /** Absolute path of the file. */
  readonly file: string;
}

/**
 * litestream.yml for `replicate`.
 *
 * A write waits for the next look at the WAL (monitor) and then for the next upload (sync), so both count against
 * `replicate_interval_sec`: together at most 70 % of it, the rest is for the upload itself. A new database waits too:
 * Litestream's first try at its snapshot comes before it has something to upload, the next one a whole sync interval later.
 */
export function renderReplicateConfig(options: {
  line: LitestreamLine;
  databases: readonly ConfiguredDatabase[];
  settings: BucketSettings;
  prefix: string;
  replicateIntervalSec: number;
  /** How long Litestream 0.5 may try its last upload when it is told to end. */
  shutdownSyncMs?: number;
  /** Its control socket, relative to its working folder; left out: none. */
  socket?: string;
}): string {
  const { line, databases, replicateIntervalSec } = options;
  const paths = databases.map(({ path }) => path);
  if (new Set(paths).size !== paths.length)
    throw new Error('two databases with one path would share one replica');
  return renderYaml({
    // A line a segment is too much when segments come several times a second.
    logging: { level: replicateIntervalSec >= 1 ? 'info' : 'warn', type: 'json', stderr: true },
    ...(line === '0.3'
      ? { dbs: databasesOf03(options) }
      : { ...globals05(options), dbs: databasesOf05(options) }),
  });
}

/** The config of a restore: one database and where its replica is. */
export function renderRestoreConfig(options: {
  line: LitestreamLine;
  database: ConfiguredDatabase;
  settings: BucketSettings;
  prefix: string;
}): string {
  const { path, file } = options.database;
  const from = replica(options.settings, options.prefix, path);
  return renderYaml({
    // At this level 0.5 says which of the two layouts it takes.
    logging: { level: options.line === '0.3' ? 'info' : 'debug', type: 'json', stderr: true },
    dbs: [{ path: file, ...(options.line === '0.3' ? { replicas: [from] } : { replica: from }) }],
  });
}

/** Where a database goes, as Litestream's control socket wants to be told. */
export function replicaUrl(settings: BucketSettings, prefix: string, path: string): string {
  const key = `${keyBase(prefix)}${path}`.split('/').map(encodeURIComponent).join('/');
  const query = new URLSearchParams({
    ...(settings.endpoint === null ? {} : { endpoint: settings.endpoint }),
    region: settings.region,
    'force-path-style': String(settings.forcePathStyle),
  });
  return `s3://${settings.bucket}/${key}?${query.toString()}`;
}

/** Whether Litestream's own intervals, 1 s each, keep the promise as well as those of the config would. */
export function ownIntervalsSuffice(replicateIntervalSec: number): boolean {
  return 2000 <= replicateIntervalSec * 700;
}

/** Litestream's two intervals for a promised one. */
export function litestreamIntervals(replicateIntervalSec: number): { monitorMs: number; syncMs: number } {
  return {
    monitorMs: Math.max(1, Math.min(1000, Math.floor(replicateIntervalSec * 200))),
    syncMs: Math.max(1, Math.floor(replicateIntervalSec * 500)),
  };
}

/**
 * Why a database cannot be named to Litestream, or null. Its SQLite driver cuts the path at a question mark, and that of
 * 0.5 reads it as a URI: it opens another file, or makes one, and its read lock is not on the database. What is not UTF-8
 * cannot be written in YAML; object keys end at 1,024 bytes.
 */
export function unsupportedPath(
  database: ConfiguredDatabase,
  prefix: string,
  line: LitestreamLine,
): string | null {
  if (database.file.includes('?')) return 'a question mark in the path: Litestream would open another file';
  if (line === '0.5' && /#|%[0-9a-f]{2}/i.test(database.file)) {
    return 'a # or a %XX in the path: Litestream 0.5 would open another file';
  }
  if (database.file.includes('\uFFFD')) return 'the path is not valid UTF-8';
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  if (/[\u0000-\u001f\u007f]/.test(database.file)) return 'a control character in the path';
  const key = `${keyBase(prefix)}${database.path}/generations/0123456789abcdef/wal/00000000_00000000.wal.lz4`;
  return Buffer.byteLength(key) > 1024 ? 'the path is too long for an object key' : null;
}

type ReplicateOptions = Parameters<typeof renderReplicateConfig>[0];

function databasesOf03({ databases, settings, prefix, replicateIntervalSec }: ReplicateOptions) {
  const { monitorMs, syncMs } = litestreamIntervals(replicateIntervalSec);
  return databases.map(({ path, file }) => ({
    path: file,
    'monitor-interval': `${monitorMs}ms`,
    replicas: [
      {
        ...replica(settings, prefix, path),
        'sync-interval': `${syncMs}ms`,
        // A restore replays all WAL since the last snapshot: without this a day's worth of it.
        'snapshot-interval': '6h',
        // Litestream's own default, named because the point-in-time reach rests on it.
        retention: '24h',
        'retention-check-interval': '1h',
      },
    ],
  }));
}

/** 0.5 takes these for all databases at once; before 0.5.12 it ignored them in a single one. */
function globals05({ shutdownSyncMs = SHUTDOWN_SYNC_MS, socket }: ReplicateOptions) {
  return {
    ...(socket === undefined ? {} : { socket: { enabled: true, path: socket } }),
    snapshot: { interval: '6h', retention: '24h' },
    'shutdown-sync-timeout': `${shutdownSyncMs}ms`,
  };
}

function databasesOf05({ databases, settings, prefix, replicateIntervalSec }: ReplicateOptions) {
  const { monitorMs, syncMs } = litestreamIntervals(replicateIntervalSec);
  return databases.map(({ path, file }) => ({
    path: file,
    'monitor-interval': `${monitorMs}ms`,
    replica: { ...replica(settings, prefix, path), 'sync-interval': `${syncMs}ms` },
  }));
}

/** Litestream's own default. */
const SHUTDOWN_SYNC_MS = 30_000;

function replica(settings: BucketSettings, prefix: string, path: string) {
  return {
    type: 's3',
    bucket: settings.bucket,
    path: `${keyBase(prefix)}${path}`,
    ...(settings.endpoint === null ? {} : { endpoint: settings.endpoint }),
    region: settings.region,
    'force-path-style': settings.forcePathStyle,
  };
}

/**
 * Litestream expands `$NAME` in the file's text before it parses the YAML, unset names to nothing, and knows no escape. In
 * a double-quoted scalar `\x24` is a dollar sign that only the YAML parser sees; so every text is double-quoted.
 */
function renderYaml(content: unknown): string {
  const text = new Document(content).toString({
    lineWidth: 0,
    defaultKeyType: 'PLAIN',
    defaultStringType: 'QUOTE_DOUBLE',
  });
  return text.replaceAll('$', '\\x24');
}
