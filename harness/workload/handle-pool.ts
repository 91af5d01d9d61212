import { databaseKind } from '../fleet/layout.ts';
import type { DatabaseKind } from '../fleet/layout.ts';
import type { Account } from './account.ts';
import type { OpenDatabase } from './tracked-database.ts';

/** Open handles of each kind, as RustBaas caps its pools. system.db is always open. */
const CAPACITY: Readonly<Record<DatabaseKind, number>> = { system: 1, realm: 32, app: 64 };

/** Opens the database at a path. `account`: what is known from an earlier handle. */
export type OpenHandle = (path: string, account: Account | null) => OpenDatabase;

/** Open databases, least recently used first. Evicting one closes its handle; its account is kept. */
export class HandlePool {
  readonly #openHandle: OpenHandle;
  readonly #accounts = new Map<string, Account>();
  readonly #open: Readonly<Record<DatabaseKind, Map<string, OpenDatabase>>> = {
    system: new Map(),
    realm: new Map(),
    app: new Map(),
  };

  constructor(openHandle: OpenHandle) {
    this.#openHandle = openHandle;
  }

  /** The open database at a path relative to data_dir. Throws when there is none: it never creates one. */
  open(path: string): OpenDatabase {
    const kind = databaseKind(path);
    const handles = this.#open[kind];
    const held = handles.get(path);
    if (held !== undefined) {
      handles.delete(path);
      handles.set(path, held);
      return held;
    }
    const opened = this.#openHandle(path, this.#accounts.get(path) ?? null);
    this.#accounts.set(path, opened.account);
    handles.set(path, opened);
    if (handles.size > CAPACITY[kind]) {
      const oldest = handles.values().next().value;
      if (oldest !== undefined) this.evict(oldest.path);
    }
    return opened;
  }

  /** Closes the handle of a path, if there is one. */
  evict(path: string): void {
    const handles = this.#open[databaseKind(path)];
    handles.get(path)?.close();
    handles.delete(path);
  }

  /** Closes a database that is about to be removed, and forgets it. */
  forget(path: string): void {
    this.evict(path);
    this.#accounts.delete(path);
  }

  closeAll(): void {
    for (const handles of Object.values(this.#open)) {
      for (const path of handles.keys()) this.evict(path);
    }
  }
}
