import { parse } from 'yaml';
import { z } from 'zod';
import type { LitestreamLine } from './version.ts';

/** A running Litestream, by the file that it was started with. */
export interface Replicator {
  readonly configFile: string;
  readonly configText: string;
  /** What variables in the file are replaced by. */
  readonly env: Readonly<Record<string, string>>;
}

const replica = z.object({ bucket: z.string().optional(), path: z.string().optional() });
const config = z.object({
  dbs: z.array(
    z.object({ path: z.string(), replica: replica.optional(), replicas: z.array(replica).optional() }),
  ),
});
type Entry = z.infer<typeof config>['dbs'][number];

/**
 * How often a mistake is made by the Litestreams that run: databases that are listed more than once, that have the place of
 * another in the bucket or none at all; Litestreams that have a file in common. 0: it is not there, or a file cannot be read.
 */
export function configMistakes(
  mistake: 'two-replicators' | 'listed-twice' | 'shared-prefix' | 'no-replica',
  replicators: readonly Replicator[],
  line: LitestreamLine,
): number {
  if (mistake === 'two-replicators') return repeated(replicators.map(({ configFile }) => configFile)).length;
  // Two that run by one file have one file.
  const byFile = new Map(replicators.map((one) => [one.configFile, one]));
  const entries = [...byFile.values()].flatMap(entriesOf);
  switch (mistake) {
    case 'listed-twice':
      return new Set(repeated(entries.map(({ path }) => path))).size;
    case 'shared-prefix':
      return sharingPlace(entries, line);
    case 'no-replica':
      return entries.filter((entry) => placesOf(entry, line).length === 0).length;
    default:
      return mistake satisfies never;
  }
}

/** Everything that is there more than once, as often as it is. */
function repeated(names: readonly string[]): string[] {
  return names.filter((name) => names.indexOf(name) !== names.lastIndexOf(name));
}

function entriesOf({ configText, env }: Replicator): readonly Entry[] {
  // As Litestream does before it reads it (os.Expand): what is not set is nothing.
  const text = configText.replaceAll(
    /\$\{(\w+)\}|\$(\w+)/g,
    (_, braced?: string, bare?: string) => env[braced ?? bare ?? ''] ?? '',
  );
  const read = config.safeParse(parseYaml(text));
  return read.success ? read.data.dbs : [];
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return null; // it is being written
  }
}

/** How many databases have a place in the bucket that another has too. */
function sharingPlace(entries: readonly Entry[], line: LitestreamLine): number {
  const byPlace = new Map<string, Set<string>>();
  for (const entry of entries) {
    for (const place of placesOf(entry, line)) {
      byPlace.set(place, (byPlace.get(place) ?? new Set()).add(entry.path));
    }
  }
  return new Set([...byPlace.values()].flatMap((paths) => (paths.size > 1 ? [...paths] : []))).size;
}

/** Of each replica that this line reads: 0.3 knows only the list, 0.5 also the one. */
function placesOf({ replica: one, replicas = [] }: Entry, line: LitestreamLine): string[] {
  const read = [...(line === '0.3' || one === undefined ? [] : [one]), ...replicas];
  return read.map(({ bucket = '', path = '' }) => `${bucket}/${path}`);
}
