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
