import {
  type CommonPrefix,
  ListObjectsCommand,
  ListObjectsV2Command,
  type _Object,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { Bench, Lie, Probe } from './conformance.ts';

const COST = 'neither Litestream nor a restore would find what is there';

/** What a store must do with lists. Litestream 0.3 asks in the first version of the call, everybody else in the second. */
export const LIST_PROBES: readonly Probe[] = [
  { id: 'list', cost: COST, run: (bench) => probeLists(bench, listV2, 'ListObjectsV2') },
  { id: 'list of the first version', cost: COST, run: (bench) => probeLists(bench, listV1, 'ListObjects') },
];

/** In the order of their bytes, which is the order of a list. Not all alphabets sort `-`, `.`, `/`, `0`, `_` and `B` so. */
const KEYS = ['B', 'a-b', 'a.b', 'a/1', 'a/2', 'a0', 'a_b', 'b/1', 'c/1', 'd/1'];
/** The same seen from above, with `/` as delimiter. */
const FOLDERS = ['a/', 'b/', 'c/', 'd/'];
const FILES = ['B', 'a-b', 'a.b', 'a0', 'a_b'];
const PAGE = 3;
/** A list that does not end is one of the lies. */
const MOST_PAGES = KEYS.length + 2;

async function probeLists(bench: Bench, list: List, call: string): Promise<Lie[]> {
  await Promise.all(
    KEYS.map((key) =>
      bench.aws.send(
        new PutObjectCommand({ Bucket: bench.bucket, Key: `${bench.folder}${key}`, Body: 'x' }),
        bench.limit,
      ),
    ),
  );
  const whole = await list(bench, { delimiter: null, pageSize: null });
  const above = await list(bench, { delimiter: '/', pageSize: null });
  const paged = await list(bench, { delimiter: null, pageSize: PAGE });
  const pagedAbove = await list(bench, { delimiter: '/', pageSize: PAGE });
  return [
    ...unlike(
      whole.keys,
      KEYS,
      `${call} gives other keys than were written`,
      'databases would be missing, or seem to be there',
    ),
    ...unlike(
      above.folders,
      FOLDERS,
      `${call} with a delimiter gives other CommonPrefixes than there are`,
      'Litestream 0.3 would upload without an error and find no generation again: nothing could be restored',
    ),
    ...unlike(
      above.keys,
      FILES,
      `${call} with a delimiter gives other objects than lie there`,
      'objects would be taken for others',
    ),
    ...unlike(
      paged.keys,
      KEYS,
      `${call} in pages of ${PAGE} does not give every key once and in order`,
      'beyond 1,000 objects a restore would miss segments and end early, without an error',
    ),
    ...unlike(
      [...pagedAbove.keys, ...pagedAbove.folders].toSorted(byBytes),
      [...FILES, ...FOLDERS].toSorted(byBytes),
      `${call} with a delimiter, in pages of ${PAGE}, does not give every entry once`,
      'beyond 1,000 generations or levels some would not be seen',
    ),
  ];
}

interface Entries {
  readonly keys: readonly string[];
  readonly folders: readonly string[];
}

type List = (bench: Bench, how: { delimiter: string | null; pageSize: number | null }) => Promise<Entries>;

interface Page {
  readonly Contents?: readonly _Object[] | undefined;
  readonly CommonPrefixes?: readonly CommonPrefix[] | undefined;
}

const listV2: List = async (bench, { delimiter, pageSize }) => {
  const pages: Page[] = [];
  let token: string | undefined;
  do {
    const page = await bench.aws.send(
      new ListObjectsV2Command({ ...asked(bench, delimiter, pageSize), ContinuationToken: token }),
      bench.limit,
    );
    pages.push(page);
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined && pages.length < MOST_PAGES);
  return entriesOf(bench, pages);
};

const listV1: List = async (bench, { delimiter, pageSize }) => {
  const pages: Page[] = [];
  let marker: string | undefined;
  do {
    const page = await bench.aws.send(
      new ListObjectsCommand({ ...asked(bench, delimiter, pageSize), Marker: marker }),
      bench.limit,
    );
    pages.push(page);
    // As the SDK of Litestream 0.3 goes on: NextMarker comes only with a delimiter, and the last key takes its place.
    marker = page.IsTruncated === true ? (page.NextMarker ?? page.Contents?.at(-1)?.Key) : undefined;
  } while (marker !== undefined && pages.length < MOST_PAGES);
  return entriesOf(bench, pages);
};

function asked({ bucket, folder }: Bench, delimiter: string | null, pageSize: number | null) {
  return {
    Bucket: bucket,
    Prefix: folder,
    ...(delimiter === null ? {} : { Delimiter: delimiter }),
    ...(pageSize === null ? {} : { MaxKeys: pageSize }),
  };
}

function entriesOf({ folder }: Bench, pages: readonly Page[]): Entries {
  const below = (key: string | undefined): string => (key ?? '').slice(folder.length);
  return {
    keys: pages.flatMap(({ Contents = [] }) => Contents.map(({ Key }) => below(Key))),
    folders: pages.flatMap(({ CommonPrefixes = [] }) => CommonPrefixes.map(({ Prefix }) => below(Prefix))),
  };
}

function unlike(seen: readonly string[], wanted: readonly string[], what: string, cost: string): Lie[] {
  if (JSON.stringify(seen) === JSON.stringify(wanted)) return [];
  return [{ what: `${what} (${seen.slice(0, 12).join(' ') || 'none'} for ${wanted.join(' ')})`, cost }];
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
