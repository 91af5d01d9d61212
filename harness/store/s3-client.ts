import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client as AwsS3Client,
} from '@aws-sdk/client-s3';
import { limitedSignal } from '../limited-signal.ts';

/** Where a bucket is and who asks. `endpoint` null: AWS itself, by region. */
export interface S3Settings {
  readonly endpoint: string | null;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly forcePathStyle: boolean;
}

export interface S3Object {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
  /** Changes with the content, where the store says it. */
  readonly etag?: string;
}

/** Who answered last, read from the answer and its socket, not from the settings. */
export interface Contact {
  readonly url: string;
  /** null: the socket was gone before it could be asked. */
  readonly address: string | null;
  readonly server: string | null;
  /** Our clock minus the store's, to the second; null: it does not tell its time. */
  readonly clockSkewMs: number | null;
}

/** An object with the mark by which a store knows this version of it. */
export interface TaggedObject {
  readonly body: Uint8Array;
  readonly etag: string;
}

/** The few calls that supervisor and drill need. Every call ends within `CALL_TIMEOUT_MS`, retries included. */
export interface S3Client {
  /** Every object below the prefix, sorted by key; throws beyond MAX_OBJECTS. */
  list(prefix: string): Promise<S3Object[]>;
  /** One request that lists one object at most: whether the store answers, and lets us look. Ends at `signal` too. */
  look(prefix: string, signal: AbortSignal): Promise<void>;
  put(key: string, body: Uint8Array | string): Promise<void>;
  get(key: string): Promise<Uint8Array>;
  /** null: there is no such object. Ends, as `putOver` does, at `signal` too. */
  read(key: string, signal: AbortSignal): Promise<TaggedObject | null>;
  /**
   * Puts an object in the place of the version `etag`, or (null) where there is none. Answers the new mark; null: another
   * version is there. A store without conditional writes puts it whatever is there: ask `probeConditionalPut` first.
   */
  putOver(
    key: string,
    body: Uint8Array | string,
    etag: string | null,
    signal: AbortSignal,
  ): Promise<string | null>;
  remove(keys: readonly string[]): Promise<void>;
  /** null before the first answer. */
  contact(): Contact | null;
  close(): void;
}

const MAX_OBJECTS = 2_000_000;
const CALL_TIMEOUT_MS = 20_000;
/** Three of them, with the pauses between, fit into one call. */
const CONNECT_TIMEOUT_MS = 5000;
const DELETE_BATCH = 1000;

/**
 * The SDK's client for one bucket. Whatever it would take from the caller's AWS_* variables or profile files is said here:
 * a stray variable there must change nothing.
 */
export function openAws(settings: S3Settings): AwsS3Client {
  return new AwsS3Client({
    ...(settings.endpoint === null ? {} : { endpoint: settings.endpoint }),
    region: settings.region,
    forcePathStyle: settings.forcePathStyle,
    credentials: { accessKeyId: settings.accessKeyId, secretAccessKey: settings.secretAccessKey },
    maxAttempts: 3,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    ignoreConfiguredEndpointUrls: true,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS },
    // Many S3-compatible stores know neither the trailing checksums nor the headers that newer SDKs add by default.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

export function openS3(settings: S3Settings): S3Client {
  const client = openAws(settings);
  let contact: Contact | null = null;
  watchContact(client, (seen) => {
    contact = seen;
  });
  const bucket = { Bucket: settings.bucket };
  const limit = (...signals: readonly AbortSignal[]): { abortSignal: AbortSignal } => ({
    abortSignal: limitedSignal(CALL_TIMEOUT_MS, ...signals),
  });
  return {
    list: (prefix) => listAll(client, settings.bucket, prefix, limit),
    look: async (prefix, signal) => {
      const request = new ListObjectsV2Command({ ...bucket, Prefix: prefix, MaxKeys: 1 });
      await client.send(request, limit(signal));
    },
    put: async (key, body) => {
      await client.send(new PutObjectCommand({ ...bucket, Key: key, Body: body }), limit());
    },
    get: async (key) => {
      const answer = await client.send(new GetObjectCommand({ ...bucket, Key: key }), limit());
      return (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
    },
    read: async (key, signal) => {
      try {
        const request = new GetObjectCommand({ ...bucket, Key: key });
        const answer = await client.send(request, limit(signal));
        const body = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
        return { body, etag: answer.ETag ?? '' };
      } catch (error) {
        if (statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket') return null;
        throw error;
      }
    },
    putOver: async (key, body, etag, signal) => {
      const condition = etag === null ? { IfNoneMatch: '*' } : { IfMatch: etag };
      try {
        const request = new PutObjectCommand({ ...bucket, Key: key, Body: body, ...condition });
        return (await client.send(request, limit(signal))).ETag ?? '';
      } catch (error) {
        // 409: another conditional write was under way; 404: the version to be replaced has gone.
        if ([404, 409, 412].includes(statusOf(error)) && (error as Error).name !== 'NoSuchBucket')
          return null;
        throw error;
      }
    },
    remove: async (keys) => {
      for (let start = 0; start < keys.length; start += DELETE_BATCH) {
        const batch = keys.slice(start, start + DELETE_BATCH).map((key) => ({ Key: key }));
        const { Errors: [error] = [] } = await client.send(
          new DeleteObjectsCommand({ ...bucket, Delete: { Objects: batch, Quiet: true } }),
          limit(),
        );
        // Status 200 only says that the list was read.
        if (error !== undefined) throw new Error(`${error.Key} was not deleted: ${error.Code}`);
      }
    },
    contact: () => contact,
    close: () => client.destroy(),
  };
}

interface Answer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: { readonly socket?: { readonly remoteAddress?: string } };
}

/** Sees every answer, also a refusal, before anything has been made of it. */
function watchContact(client: AwsS3Client, onContact: (contact: Contact) => void): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentMs = Date.now();
      const result = await next(args);
      const { protocol, hostname, port } = args.request as {
        protocol: string;
        hostname: string;
        port?: number;
      };
      const { headers, body } = result.response as Answer;
      onContact({
        url: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`,
        address: body?.socket?.remoteAddress ?? null,
        server: headers['server'] ?? null,
        clockSkewMs: clockSkewMs(headers['date'], (sentMs + Date.now()) / 2),
      });
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'contact' },
  );
}

/** The header counts whole seconds and cuts off the rest. */
function clockSkewMs(date: string | undefined, nowMs: number): number | null {
  const storeMs = Date.parse(date ?? '');
  if (Number.isNaN(storeMs)) return null;
  return Math.trunc((nowMs - (storeMs + 500)) / 1000) * 1000 + 0;
}

function statusOf(error: unknown): number {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
}

async function listAll(
  client: AwsS3Client,
  bucket: string,
  prefix: string,
  limit: () => { abortSignal: AbortSignal },
): Promise<S3Object[]> {
  const objects: S3Object[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
      limit(),
    );
    for (const item of page.Contents ?? []) {
      if (item.Key === undefined) continue;
      objects.push({
        key: item.Key,
        sizeBytes: item.Size ?? 0,
        modifiedAt: item.LastModified ?? new Date(0),
        ...(item.ETag === undefined ? {} : { etag: item.ETag }),
      });
    }
    if (objects.length > MAX_OBJECTS) throw new Error(`more than ${MAX_OBJECTS} objects below ${prefix}`);
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return objects.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}
