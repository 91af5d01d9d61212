import { z } from 'zod';
import { type Contradiction, contradiction } from './contradiction.ts';

/** What users do with their data.db besides collections: the shapes that a database can have. */

/** Page sizes that SQLite knows. */
const PAGE_BYTES = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536] as const;

export const FEATURES = ['fts5', 'without-rowid', 'generated-columns', 'large-blobs'] as const;

/** A kind of table that no collection of RustBaas makes. */
export type Feature = (typeof FEATURES)[number];

/** A bound text or blob, and twice that in the row's digest, must fit into a string of Node's. */
const LARGE_BLOB_BYTES_MAX = 64 * 1024 * 1024;

export const shapesSchema = z
  .strictObject({
    pageBytes: z
      .array(z.literal(PAGE_BYTES))
      .min(1)
      .max(PAGE_BYTES.length)
      .optional()
      .describe("Page sizes of the seeded apps, dealt out in turn. Without it SQLite's 4096."),
    features: z
      .array(z.enum(FEATURES))
      .max(FEATURES.length)
      .default([])
      .describe(
        'Tables that the user of every seeded app has made besides the collections, and writes to: a full-text index, a table without rowid, generated columns, large blobs.',
      ),
    largeBlobBytes: z
      .number()
      .int()
      .min(1024)
      .max(LARGE_BLOB_BYTES_MAX)
      .default(1_048_576)
      .describe('For large-blobs: the largest value; the smallest has a quarter of it.'),
    bulkMb: z
      .number()
      .int()
      .min(1)
      .max(16_384)
      .optional()
      .describe(
        'The largest app that is written to begins with so many MiB of archive, in rows of 64 KiB that compress well: the database is large, the bucket is not.',
      ),
  })
  .describe('What the databases of the seeded apps are like, beyond what RustBaas itself makes.');

/** What cannot be meant in them. */
export function ofShapes({
  shapes,
  realms,
  appsPerRealm,
}: {
  readonly shapes?: z.output<typeof shapesSchema> | undefined;
  readonly realms: number;
  readonly appsPerRealm: number;
}): Contradiction[] {
  if (shapes === undefined) return [];
  const found: Contradiction[] = [];
  const apps = realms * appsPerRealm;
  const { pageBytes = [], features, bulkMb } = shapes;
  if (apps === 0) {
    const message = 'shapes are those of apps, and the fleet has none';
    found.push(contradiction(message, 'fleet.shapes', 'fleet.realms', 'fleet.appsPerRealm'));
  } else if (pageBytes.length > apps) {
    const message = `${pageBytes.length} page sizes need as many apps, and there are ${apps}`;
    found.push(contradiction(message, 'fleet.shapes.pageBytes', 'fleet.realms', 'fleet.appsPerRealm'));
  }
  const lists: Readonly<Record<string, readonly unknown[]>> = { pageBytes, features };
  for (const [field, values] of Object.entries(lists)) {
    if (new Set(values).size < values.length) {
      found.push(contradiction(`a value of ${field} is there twice`, `fleet.shapes.${field}`));
    }
  }
  if (pageBytes.length === 0 && features.length === 0 && bulkMb === undefined) {
    const message = 'shapes without page sizes, features or bulk change nothing: say one, or leave them out';
    found.push(contradiction(message, 'fleet.shapes'));
  }
  return found;
}
