import { createHash } from 'node:crypto';
import type { Random } from '../random.ts';
import type { Feature } from '../scenario/shapes.ts';
import type { SqlValue } from './field-values.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What the rows of a user's own tables are made from. */
export interface ShapeRow {
  readonly random: Random;
  readonly vocabulary: Vocabulary;
  /** Different for every row of the database, also over both lives. */
  readonly unique: string;
  /** Size of the largest blob. */
  readonly largeBlobBytes: number;
}

/** Columns of a user's table that are written, in order: those of its key first, the generated ones left out. */
export interface ShapeColumns {
  readonly key: (row: ShapeRow) => readonly SqlValue[];
  /** By name: an update gives them all anew. */
  readonly others: Readonly<Record<string, (row: ShapeRow) => SqlValue>>;
}

/** Size of a row of the archive. */
export const ARCHIVE_ROW_BYTES = 65_536;
const SENTENCES_MAX = 8;

export const SHAPE_COLUMNS: Readonly<Record<Feature | 'bulk', ShapeColumns>> = {
  fts5: {
    // SQLite gives the key.
    key: () => [null],
    others: {
      title: ({ random, vocabulary, unique }) => `${random.pick(vocabulary.titles)} ${unique}`,
      body: ({ random, vocabulary }) => sentences(random, vocabulary),
    },
  },
  'without-rowid': {
    key: ({ random, vocabulary, unique }) => [random.pick(vocabulary.words), `key-${unique}`],
    others: {
      value: ({ random, vocabulary }) => (random.int(0, 9) === 0 ? null : random.pick(vocabulary.sentences)),
      weight: ({ random }) => random.float() * 1000,
    },
  },
  'generated-columns': {
    key: ({ unique }) => [`item-${unique}`],
    others: {
      label: ({ random, vocabulary }) => random.pick(vocabulary.titles),
      quantity: ({ random }) => random.int(1, 99),
      unit_cents: ({ random }) => random.int(1, 100_000),
    },
  },
  'large-blobs': {
    key: ({ unique }) => [`attachment-${unique}`],
    others: {
      name: ({ random, vocabulary }) => random.pick(vocabulary.fileNames),
      bytes: ({ random, unique, largeBlobBytes }) =>
        noise(unique, random.int(Math.ceil(largeBlobBytes / 4), largeBlobBytes)),
    },
  },
  bulk: {
    key: () => [null],
    others: {
      batch: ({ random, vocabulary }) => random.pick(vocabulary.words),
      body: ({ unique }) => archiveBody(unique),
    },
  },
};

function sentences(random: Random, vocabulary: Vocabulary): string {
  return Array.from({ length: random.int(2, SENTENCES_MAX) }, () => random.pick(vocabulary.sentences)).join(
    ' ',
  );
}

/** Bytes that do not compress, the same for the same name. */
function noise(name: string, sizeBytes: number): Buffer {
  return createHash('shake256', { outputLength: sizeBytes }).update(name).digest();
}

/** Text that no other row has and that compresses a hundred times: the file is to be large, not what is uploaded. */
export function archiveBody(name: string): string {
  const line = createHash('sha256').update(name).digest('hex');
  return line.repeat(ARCHIVE_ROW_BYTES / line.length);
}
