import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { databasesInBucket } from '../litestream/bucket-layout.ts';
import { keyBase } from '../litestream/listed-object.ts';
import { localGeneration, metaFolder } from '../litestream/local-position.ts';
import { newerFormat } from '../litestream/restored-format.ts';
import { discover } from './discover.ts';
import type { Basis } from './run.ts';

/**
 * Litestream 0.3 after 0.5, on one prefix. It would go on with the generation from before the upgrade and, for a database
 * that nobody writes to, upload nothing: the only newer copy would stay in LTX files, which it cannot read. So where
 * those are newer, it is made to begin a new generation, whose snapshot holds what the LTX files hold. Nothing is taken
 * from the bucket.
 */
export async function beginAnewAfterLtx(basis: Basis): Promise<void> {
  const { binary, client, config, files, options } = basis;
  if (binary.line !== '0.3') return;
  const objects = await client.list(keyBase(config.prefix));
  const newerInLtx = new Set(
    databasesInBucket(objects, config.prefix)
      .filter((database) => newerFormat(database) === 'ltx')
      .map(({ path }) => path),
  );
  const anew = discover(files.dataDir, config.prefix, binary.line).databases.filter(
    ({ path, file }) => newerInLtx.has(path) && localGeneration(file) !== null,
  );
  for (const { file } of anew) rmSync(join(metaFolder(file), 'generation'), { force: true });
  if (anew.length === 0) return;
  options.log.write('warn', 'Litestream 0.5 has been here: these databases begin a new generation', {
    count: anew.length,
    databases: anew.slice(0, 20).map(({ path }) => path),
  });
}
