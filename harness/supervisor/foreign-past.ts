import { existsSync, rmSync } from 'node:fs';
import { keyBase } from '../litestream/listed-object.ts';
import { metaFolder } from '../litestream/local-position.ts';
import type { DiscoveredDatabase } from './discover.ts';
import { reasonOf } from './failure.ts';
import type { Run } from './run.ts';

/**
 * An app that was copied as a whole folder has with it what Litestream keeps of the app that it is a copy of. Litestream 0.5
 * takes that for the copy's own past and looks there for the first file to upload, which is dropped after five minutes in
 * an app of some age: then nothing but a snapshot a day ever comes to the bucket. So a newcomer of which the bucket has
 * nothing begins without a past. Answers the databases that may be taken in: all but those of which that is not known yet.
 */
export async function withoutForeignPast(
  run: Run,
  databases: readonly DiscoveredDatabase[],
): Promise<readonly DiscoveredDatabase[]> {
  const { memory, fleet, options } = run;
  const taken = new Set(fleet.replicated.map(({ path }) => path));
  // No Litestream of ours has been told of these: it writes in no folder that goes.
  const unknown = databases.filter(
    ({ path, file }) => !taken.has(path) && !memory.knows(path) && existsSync(metaFolder(file)),
  );
  const left = new Set<string>();
  for (const { path, file } of unknown) {
    try {
      // Whoever stops does not wait for a thousand answers.
      options.stop.throwIfAborted();
      if (await isInBucket(run, path)) continue;
      rmSync(metaFolder(file), { recursive: true, force: true });
      options.log.write('warn', 'what lay beside a new database is not its own past; it begins anew', {
        database: path,
      });
    } catch (error) {
      left.add(path);
      fleet.patience.left(path, performance.now());
      options.log.write('error', 'a new database has a past that may not be its own; tried again', {
        database: path,
        error: reasonOf(error),
      });
    }
  }
  return databases.filter(({ path }) => !left.has(path));
}

async function isInBucket({ client, config }: Run, path: string): Promise<boolean> {
  return (await client.list(`${keyBase(config.prefix)}${path}/`)).length > 0;
}
