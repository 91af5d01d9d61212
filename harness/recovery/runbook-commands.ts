import { byAddress } from './runbook-fence.ts';

/** How a command differs from the page. */
export type BeyondPage = 'endpoint-by-address' | 'endpoint-in-url';

/** One `litestream restore` as an operator would type it, in the folder that data/ is in. */
export interface RunbookCommand {
  readonly database: string;
  /** null: exactly as the page has it. */
  readonly beyondPage: BeyondPage | null;
  readonly command: string;
  /** AWS_ENDPOINT_URL_S3, null: AWS itself. */
  readonly endpoint: string | null;
}

/** Step 3 of the page, for every database: `litestream restore -o data/system.db s3://BUCKET/PREFIX/system.db`. */
export function pageCommands(bucket: Bucket, databases: readonly string[]): RunbookCommand[] {
  return databases.map((database) => ({
    database,
    beyondPage: null,
    command: restore(database, `s3://${bucket.name}/${keyOf(bucket, database)}`),
    endpoint: bucket.endpoint,
  }));
}

/**
 * The same with what the page does not say, to tell which of its gaps was in the way: the endpoint by its address, which
 * spares it the bucket in its host name, and in the replica's URL, the only place of the command line where 0.3 takes one.
 */
export function commandsBeyondPage(
  bucket: Bucket,
  databases: readonly string[],
  litestreamVersion: string,
): RunbookCommand[] {
  const { endpoint } = bucket;
  if (endpoint === null) return [];
  const address = byAddress(endpoint);
  return databases.flatMap((database) => {
    const url = urlWithEndpoint(bucket, database, endpoint, litestreamVersion);
    const own: RunbookCommand[] = [];
    if (address !== endpoint) {
      const [page] = pageCommands({ ...bucket, endpoint: address }, [database]);
      if (page !== undefined) own.push({ ...page, beyondPage: 'endpoint-by-address' });
    }
    if (url !== null)
      own.push({ database, beyondPage: 'endpoint-in-url', command: restore(database, url), endpoint });
    return own;
  });
}

export interface Bucket {
  readonly name: string;
  readonly prefix: string;
  readonly endpoint: string | null;
}

function restore(database: string, url: string): string {
  return `litestream restore -o ${word(`data/${database}`)} ${word(url)}`;
}

function keyOf({ prefix }: Bucket, database: string): string {
  return prefix === '' ? database : `${prefix}/${database}`;
}

/** null: this line of Litestream has no such URL for this endpoint. */
function urlWithEndpoint(
  bucket: Bucket,
  database: string,
  endpoint: string,
  litestreamVersion: string,
): string | null {
  const key = keyOf(bucket, database);
  if (!litestreamVersion.startsWith('0.3.')) {
    return `s3://${bucket.name}/${key}?endpoint=${endpoint}&region=us-east-1`;
  }
  const { hostname, host, protocol } = new URL(endpoint);
  // 0.3 knows a handful of providers by their host names, and this one for tests.
  return hostname === 'localhost' && protocol === 'http:' ? `s3://${bucket.name}.${host}/${key}` : null;
}

function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
