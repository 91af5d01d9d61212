import { readFileSync } from 'node:fs';
import { replaceFile } from './atomic-file.ts';
import type { DiscoveredDatabase } from './discover.ts';

/**
 * Which file was replicated at each path, beyond the end of a supervisor. When it is killed, the Litestream that it leaves
 * behind goes on; a database that takes the place of another meanwhile may be copied on top of the former's pages, and
 * its successor has to know that.
 */
export class Memory {
  readonly #file: string;
  readonly #identities: Map<string, string>;

  constructor(file: string) {
    this.#file = file;
    this.#identities = recall(file);
  }

  /** Whether Litestream has been told of a database at this path. */
  knows(path: string): boolean {
    return this.#identities.has(path);
  }

  /** Those at whose path another file was replicated than lies there now. */
  strangersAmong(databases: readonly DiscoveredDatabase[]): readonly string[] {
    return databases
      .filter(({ path, identity }) => {
        const known = this.#identities.get(path);
        return known !== undefined && known !== withoutDevice(identity);
      })
      .map(({ path }) => path);
  }

  /** Before Litestream begins with them: paths of which nothing is known yet. */
  expect(databases: readonly DiscoveredDatabase[]): void {
    this.#note(databases.filter(({ path }) => !this.#identities.has(path)));
  }

  /** Litestream has them, and nothing else. */
  replicated(databases: readonly DiscoveredDatabase[], strangers: ReadonlySet<string>): void {
    const paths = new Set([...databases.map(({ path }) => path), ...strangers]);
    const gone = [...this.#identities.keys()].filter((path) => !paths.has(path));
    for (const path of gone) this.#identities.delete(path);
    this.#note(databases, gone.length > 0);
  }

  #note(databases: readonly DiscoveredDatabase[], isChanged = false): void {
    const news = databases.filter(
      ({ path, identity }) => this.#identities.get(path) !== withoutDevice(identity),
    );
    for (const { path, identity } of news) this.#identities.set(path, withoutDevice(identity));
    if (news.length > 0 || isChanged)
      replaceFile(this.#file, `${JSON.stringify(Object.fromEntries(this.#identities), null, 1)}\n`);
  }
}

function recall(file: string): Map<string, string> {
  try {
    const known = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return new Map(
      Object.entries(known).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    // The first start here, or a file that is none: nothing is known, as before.
    return new Map();
  }
}

/** The number of a device may be another after each boot. */
function withoutDevice(identity: string): string {
  return identity.slice(identity.indexOf(':') + 1);
}
