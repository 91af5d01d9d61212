import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Bench, Lie, Probe } from './conformance.ts';

/** What a store must do with single objects. */
export const OBJECT_PROBES: readonly Probe[] = [
  { id: 'read after write', cost: 'no backup can be made', run: readAfterWrite },
  { id: 'range', cost: 'Litestream 0.5 reads parts of its files', run: range },
  { id: 'metadata', cost: 'Litestream 0.5 keeps the time of every file there', run: metadata },
  { id: 'multipart', cost: 'no database of more than a few MB could be backed up', run: multipart },
  { id: 'delete many', cost: 'retention could not be kept', run: deleteMany },
  { id: 'missing object', cost: 'Litestream could not tell an empty place from a broken one', run: missing },
];

async function readAfterWrite(bench: Bench): Promise<Lie[]> {
  const lies: Lie[] = [];
  for (const content of ['first', 'second, which is longer']) {
    await put(bench, 'object', content);
    const { bytes } = await get(bench, 'object');
    if (bytes.toString() === content) continue;
    const isFirst = content === 'first';
    lies.push({
      what: isFirst
        ? 'an object that was just written is read with other bytes'
        : 'an object that was overwritten is still read as it was before',
      cost: isFirst
        ? 'a restore would give back something else than was backed up'
        : 'a restore could bring back an older state and call it the newest',
    });
  }
  return lies;
}

async function range(bench: Bench): Promise<Lie[]> {
  await put(bench, 'object', '0123456789');
  const { bytes, contentRange } = await get(bench, 'object', 'bytes=2-5');
  if (bytes.toString() === '2345' && contentRange === 'bytes 2-5/10') return [];
  return [
    {
      what: `asked for bytes 2 to 5 of 10 it gives ${bytes.length} (${contentRange ?? 'without saying which'})`,
      cost: 'Litestream 0.5 reads parts of its files: it would take the wrong bytes for a page',
    },
  ];
}

async function metadata(bench: Bench): Promise<Lie[]> {
  const wanted = '2026-01-02T03:04:05.678901234Z';
  await bench.aws.send(
    new PutObjectCommand({
      ...at(bench, 'object'),
      Body: 'x',
      Metadata: { 'litestream-timestamp': wanted },
    }),
    bench.limit,
  );
  const { Metadata, ContentLength } = await bench.aws.send(
    new HeadObjectCommand(at(bench, 'object')),
    bench.limit,
  );
  const seen = Metadata?.['litestream-timestamp'];
  return [
    ...(seen === wanted
      ? []
      : [
          {
            what: `user metadata is ${seen === undefined ? 'lost' : 'changed'} (litestream-timestamp)`,
            cost: 'a restore of Litestream 0.5 to a point in time would go by the time of upload, or find nothing',
          },
        ]),
    ...(ContentLength === 1
      ? []
      : [
          {
            what: `the length of an object is wrong (${ContentLength} for 1)`,
            cost: 'sizes decide what is read',
          },
        ]),
  ];
}

/** S3 wants at least this much of every part but the last. */
const PART_BYTES = 5 * 1024 * 1024;
const LAST_PART = 'the last part';

async function multipart(bench: Bench): Promise<Lie[]> {
  const place = at(bench, 'object');
  const { UploadId } = await bench.aws.send(new CreateMultipartUploadCommand(place), bench.limit);
  const first = Buffer.alloc(PART_BYTES, 'abcdefg');
  const parts = await Promise.all(
    [first, Buffer.from(LAST_PART)].map(async (Body, index) => {
      const PartNumber = index + 1;
      const { ETag } = await bench.aws.send(
        new UploadPartCommand({ ...place, UploadId, PartNumber, Body }),
        bench.limit,
      );
      return { PartNumber, ETag };
    }),
  );
  await bench.aws.send(
    completedAsLitestreamDoes({ ...place, UploadId, MultipartUpload: { Parts: parts } }),
    bench.limit,
  );
  const { bytes } = await get(bench, 'object');
  if (bytes.equals(Buffer.concat([first, Buffer.from(LAST_PART)]))) return [];
  return [
    {
      what: `an upload of two parts (${PART_BYTES + LAST_PART.length} bytes) is read with other bytes (${bytes.length})`,
      cost: 'every snapshot of more than 5 MiB would be damaged',
    },
  ];
}

/** Go writes the quotes around an ETag as numbers (`&#34;`), which is XML all the same. */
function completedAsLitestreamDoes(
  input: ConstructorParameters<typeof CompleteMultipartUploadCommand>[0],
): CompleteMultipartUploadCommand {
  const command = new CompleteMultipartUploadCommand(input);
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { body?: unknown };
      if (typeof request.body !== 'string') throw new Error('the request to complete an upload has no text');
      request.body = request.body.replaceAll('&quot;', '&#34;');
      return next(args);
    },
    { step: 'serialize', priority: 'low' },
  );
  return command;
}

async function deleteMany(bench: Bench): Promise<Lie[]> {
  const names = ['a', 'b', 'c'];
  for (const name of names) await put(bench, name, name);
  const gone = [...names, 'never-there'].map((name) => ({ Key: at(bench, name).Key }));
  const { Errors = [] } = await bench.aws.send(
    new DeleteObjectsCommand({ Bucket: bench.bucket, Delete: { Objects: gone, Quiet: true } }),
    bench.limit,
  );
  const left: string[] = [];
  for (const name of names) if (await isThere(bench, name)) left.push(name);
  return [
    ...(left.length === 0
      ? []
      : [
          {
            what: `${left.length} of ${names.length} objects are still there after they were deleted together`,
            cost: 'retention would not be kept, and a deleted tenant would stay in the bucket',
          },
        ]),
    ...(Errors.length === 0
      ? []
      : [
          {
            what: `deleting many at once gives errors (${Errors[0]?.Code ?? 'without a code'})`,
            cost: 'retention would fail',
          },
        ]),
  ];
}

async function missing(bench: Bench): Promise<Lie[]> {
  const [there, code] = await Promise.all([
    isThere(bench, 'never-there'),
    get(bench, 'never-there').then(
      () => 'an object',
      (error: unknown) => (error as { name?: string }).name ?? 'Error',
    ),
  ]);
  if (!there && code === 'NoSuchKey') return [];
  return [
    {
      what: `a key where nothing is gives ${code} instead of NoSuchKey`,
      cost: 'Litestream could not tell an empty place from a broken store',
    },
  ];
}

/** Whether the store refuses a put with `If-None-Match: *` where an object already is, and takes it where none is. */
export async function takesConditions(bench: Bench): Promise<boolean> {
  const claim = async (): Promise<number> => {
    try {
      await bench.aws.send(
        new PutObjectCommand({ ...at(bench, 'object'), Body: 'x', IfNoneMatch: '*' }),
        bench.limit,
      );
      return 200;
    } catch (error) {
      return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
    }
  };
  return (await claim()) === 200 && (await claim()) === 412;
}

async function put(bench: Bench, name: string, content: string): Promise<void> {
  await bench.aws.send(new PutObjectCommand({ ...at(bench, name), Body: content }), bench.limit);
}

async function get(
  bench: Bench,
  name: string,
  range?: string,
): Promise<{ bytes: Buffer; contentRange: string | undefined }> {
  const { Body, ContentRange } = await bench.aws.send(
    new GetObjectCommand({ ...at(bench, name), ...(range === undefined ? {} : { Range: range }) }),
    bench.limit,
  );
  return { bytes: Buffer.from((await Body?.transformToByteArray()) ?? []), contentRange: ContentRange };
}

async function isThere(bench: Bench, name: string): Promise<boolean> {
  try {
    await bench.aws.send(new HeadObjectCommand(at(bench, name)), bench.limit);
    return true;
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404)
      return false;
    throw error;
  }
}

function at({ bucket, folder }: Bench, name: string): { Bucket: string; Key: string } {
  return { Bucket: bucket, Key: `${folder}${name}` };
}
