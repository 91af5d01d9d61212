/** The two lines of Litestream that are known here: they differ in config, bucket layout and local state. */
export type LitestreamLine = '0.3' | '0.5';

/**
 * What a restore without a point in time reads where a prefix holds both layouts: generations alone (0.3), LTX files
 * alone (0.5.0 to 0.5.6), or whichever was updated last (from 0.5.7, `shouldUseV3Restore`).
 */
export type RestoreRule = 'generations' | 'ltx' | 'newer';

/** The line that a version belongs to; null: none that is known. */
export function lineOfVersion(version: string): LitestreamLine | null {
  const line = /^0\.([35])\.\d/.exec(version)?.[1];
  return line === undefined ? null : line === '3' ? '0.3' : '0.5';
}

/** A build that does not tell its version is taken for a late one of its line. */
export function restoreRule({ line, version }: { line: LitestreamLine; version: string }): RestoreRule {
  if (line === '0.3') return 'generations';
  return patchOf(version) < 7 ? 'ltx' : 'newer';
}

/** Databases can be registered at a running Litestream from 0.5.8. */
export function hasControlSocket({ line, version }: { line: LitestreamLine; version: string }): boolean {
  return line === '0.5' && patchOf(version) >= 8;
}

function patchOf(version: string): number {
  const patch = /^0\.5\.(\d+)/.exec(version)?.[1];
  return patch === undefined ? Number.POSITIVE_INFINITY : Number(patch);
}

/** `0.5.17` of `0.5.17` or `v0.5.17`, null for anything else; what is not a version is a path. */
export function parseVersion(text: string): string | null {
  return /^v?(\d{1,4}\.\d{1,4}\.\d{1,4}(?:-[0-9A-Za-z]+(?:\.[0-9A-Za-z]+)*)?)$/.exec(text)?.[1] ?? null;
}

/** Oldest first, and a release after its own pre-releases. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (const [index, part] of left.numbers.entries()) {
    const difference = part - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.suffix === right.suffix) return 0;
  if (left.suffix === '' || right.suffix === '') return left.suffix === '' ? 1 : -1;
  return left.suffix < right.suffix ? -1 : 1;
}

function parts(version: string): { readonly numbers: readonly number[]; readonly suffix: string } {
  const dash = version.indexOf('-');
  const numbers = dash === -1 ? version : version.slice(0, dash);
  return { numbers: numbers.split('.').map(Number), suffix: dash === -1 ? '' : version.slice(dash) };
}
