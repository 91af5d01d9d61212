import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'smol-toml';
import { runPaths } from '../run-directory.ts';

/** What the hosts of a drill were told, as the run kept it. */
export interface Configuration {
  readonly files: readonly { readonly file: string; readonly sha256: string }[];
  /** From rustbase.toml; null: it does not say. */
  readonly bucket: string | null;
  readonly prefix: string | null;
  /** From litestream.yml: one, where all databases have the same. */
  readonly regions: readonly string[];
}

/** The configuration of every drill that kept one. */
export function readConfigurations(
  runDir: string,
  drillIds: readonly string[],
): ReadonlyMap<string, Configuration> {
  return new Map(
    drillIds.flatMap((id): [string, Configuration][] => {
      const contents = filesIn(path.join(runPaths(runDir).evidence, id, 'config'));
      if (contents.size === 0) return [];
      const files = [...contents].map(([file, content]) => ({
        file,
        sha256: createHash('sha256').update(content).digest('hex'),
      }));
      const { bucket, prefix } = litestreamTable(contents.get('rustbase.toml')?.toString() ?? '');
      const regions = regionsIn(contents.get('litestream.yml')?.toString() ?? '');
      return [[id, { files, bucket: textOr(bucket), prefix: textOr(prefix), regions }]];
    }),
  );
}

function filesIn(folder: string): Map<string, Buffer> {
  try {
    return new Map(
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .toSorted()
        .map((name) => [name, readFileSync(path.join(folder, name))]),
    );
  } catch {
    return new Map(); // an own supervisor, or a drill that ended early, keeps none
  }
}

function litestreamTable(text: string): { readonly bucket?: unknown; readonly prefix?: unknown } {
  try {
    return Object(parse(text)['litestream']) as { bucket?: unknown; prefix?: unknown };
  } catch {
    return {}; // a host may have been told nonsense on purpose
  }
}

/** By the line: the file names every database, and may be nonsense too. */
function regionsIn(text: string): string[] {
  const found = text.matchAll(/^\s*(?:- )?region:\s*["']?([A-Za-z0-9_-]+)/gm);
  return [...new Set([...found].map(([, region = '']) => region))].toSorted();
}

function textOr(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
