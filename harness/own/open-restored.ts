import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { linkOrCopy } from '../verify/database-copy.ts';
import type { OwnChecksInput } from './input.ts';
import type { Restored, RestoredDatabase } from './restored.ts';

/** The restored fleet as a check sees it, and how many of its databases the check has opened. */
export interface OpenedFleet extends Disposable {
  readonly restored: Restored;
  opened(): number;
}

/** Each file is opened at its first use, alone in a folder of its own, and for reading. */
export function openRestored(input: OwnChecksInput, scratchDir: string): OpenedFleet {
  const opened = new Map<string, Database.Database>();
  const open = (path: string): Database.Database => {
    const known = opened.get(path);
    if (known !== undefined) return known;
    const alone = join(mkdtempSync(join(scratchDir, 'db-')), 'alone.db');
    linkOrCopy(join(input.restoredDir, path), alone);
    const db = new Database(alone, { readonly: true, fileMustExist: true });
    opened.set(path, db);
    return db;
  };
  const databases = input.databases.map(
    (database): RestoredDatabase => ({
      ...database,
      get db() {
        return open(database.path);
      },
    }),
  );
  return {
    restored: {
      databases,
      missing: input.missing,
      database: (path) => {
        const found = databases.find((database) => database.path === path);
        if (found === undefined) throw new Error(`${path} did not come back`);
        return found;
      },
    },
    opened: () => opened.size,
    [Symbol.dispose]: () => {
      for (const db of opened.values()) db.close();
    },
  };
}
