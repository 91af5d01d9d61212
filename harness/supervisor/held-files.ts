import { readdirSync, statSync } from 'node:fs';
import { identityOf } from '../litestream/file-identity.ts';
import { findReplicators } from './orphans.ts';

/**
 * Answers whether the Litestreams that run by this config have a file open, by its identity. They are looked at once, when
 * first asked. Where nobody can tell (no /proc, or they are another user's) the answer is yes.
 */
export function filesHeldBy(configPath: string): (identity: string) => boolean {
  let held: ReadonlySet<string> | null | undefined;
  return (identity) => {
    // Not `??=`: that nobody can tell is an answer too, and is not to be looked for again.
    if (held === undefined) held = readHeld(configPath);
    return held === null || held.has(identity);
  };
}

function readHeld(configPath: string): ReadonlySet<string> | null {
  if (process.platform !== 'linux') return null;
  const held = new Set<string>();
  for (const { pid } of findReplicators(configPath)) {
    const folder = `/proc/${pid}/fd`;
    try {
      for (const name of readdirSync(folder)) {
        const identity = identityAt(`${folder}/${name}`);
        if (identity !== null) held.add(identity);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') return null;
      // It has ended, and holds nothing.
    }
  }
  return held;
}

/** null: closed a moment ago. */
function identityAt(descriptor: string): string | null {
  try {
    return identityOf(statSync(descriptor, { bigint: true }));
  } catch {
    return null;
  }
}
