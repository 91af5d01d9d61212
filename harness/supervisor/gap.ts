import { mayMissCommits } from '../litestream/local-ltx.ts';
import { walIndex } from '../litestream/wal-end.ts';
import type { DiscoveredDatabase } from './discover.ts';
import type { Run } from './run.ts';

/**
 * Databases of which a Litestream that is started now may miss what was committed while there was none: after it died, or
 * when it was stopped and nobody held its place. They are treated like databases that took the place of others, which
 * costs a snapshot each. The others are held, so that it stays as it is until Litestream takes hold itself.
 */
export async function acrossGap(
  { binary, guard, options }: Run,
  databases: readonly DiscoveredDatabase[],
): Promise<readonly DiscoveredDatabase[]> {
  // 0.3 compares its shadow WAL with what it finds, and begins a new generation when it is another one.
  if (binary.line === '0.3' || databases.length === 0) return [];
  const before = new Map(databases.map(({ file }) => [file, walIndex(file)]));
  const files = databases.map(({ file }) => file);
  const held = await guard.hold(files, HOLD_MS + files.length * HOLD_EACH_MS);
  const areHeld = held === files.length;
  const cut = databases.filter(({ file }) =>
    mayMissCommits(file, areHeld ? (before.get(file) ?? null) : null),
  );
  if (cut.length === 0) return [];
  // Whoever holds them keeps them from being cured.
  await guard.letGo(cut.map(({ file }) => file));
  options.log.write(
    'warn',
    'commits may have been missed while litestream was away; a new snapshot is taken',
    {
      count: cut.length,
      databases: cut.slice(0, 20).map(({ path }) => path),
    },
  );
  return cut;
}

const HOLD_MS = 3000;
const HOLD_EACH_MS = 15;
