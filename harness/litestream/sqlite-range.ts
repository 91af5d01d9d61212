/** The first release with the WAL-reset bug, and the first without it. */
const BUGGED_FROM = [3, 7, 0] as const;
const FIXED_IN = [3, 51, 3] as const;

/**
 * Whether this SQLite has the WAL-reset bug (3.7.0 to 3.51.2): two connections that checkpoint and write one WAL database
 * at the same time may corrupt it, and an application beside Litestream is exactly that. False for a version that cannot
 * be read: nothing is said about it.
 */
export function hasWalResetBug(sqliteVersion: string): boolean {
  const version = /^(\d+)\.(\d+)\.(\d+)$/.exec(sqliteVersion)?.slice(1).map(Number);
  return version !== undefined && !isBefore(version, BUGGED_FROM) && isBefore(version, FIXED_IN);
}

/** The warning about it, for whoever runs such a version. */
export function walResetWarning(version: string, sqlite: string): string {
  return `Litestream ${version} holds SQLite ${sqlite}, whose WAL-reset bug (3.7.0 to 3.51.2) can damage a busy database`;
}

function isBefore(version: readonly number[], other: readonly number[]): boolean {
  const at = other.findIndex((part, index) => part !== version[index]);
  return at !== -1 && (version[at] ?? 0) < (other[at] ?? 0);
}
