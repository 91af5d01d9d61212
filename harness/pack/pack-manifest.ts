import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const MANIFEST = 'manifest.sha256';
/** Made after the manifest, so it cannot be in it. */
const OUTSIDE = new Set([MANIFEST, `${MANIFEST}.sig`, `${MANIFEST}.minisig`]);

/** In place of a sum, for what has none. */
const NO_FILE = 'no file'.padEnd(64);

/** The SHA-256 of every file of a pack, in the format of `sha256sum --check`. */
export function packManifest(folder: string): string {
  return contents(folder)
    .map(([file, sum]) => `${sum}  ${file}\n`)
    .join('');
}

/** Every file that was changed, is missing or was added; anything in a pack that is no file counts as added, an empty folder too. */
export function packProblems(folder: string): string[] {
  const saved = textOf(path.join(folder, MANIFEST));
  if (saved === null) return [`${MANIFEST} is missing`];
  const current = new Map(contents(folder));
  const listed = new Map(
    saved
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );
  const problems = [
    ...[...listed].flatMap(([file, sum]) => {
      const now = current.get(file);
      if (now === NO_FILE) return [`${file} is no file`];
      if (now === undefined) return [`${file} is missing`];
      return now === sum ? [] : [`${file} was changed`];
    }),
    ...[...current.keys()].filter((file) => !listed.has(file)).map((file) => `${file} was added`),
  ];
  // Whatever else may be done to the text of the manifest.
  return problems.length === 0 && saved !== packManifest(folder) ? [`${MANIFEST} was changed`] : problems;
}

function contents(folder: string): [file: string, sum: string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() || isEmpty(path.join(entry.parentPath, entry.name)))
    .map((entry): [string, string] => {
      const place = path.join(entry.parentPath, entry.name);
      const sum = entry.isFile() ? sha256(readFileSync(place)) : NO_FILE;
      return [path.relative(folder, place), sum];
    })
    .filter(([file]) => !OUTSIDE.has(file))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function isEmpty(folder: string): boolean {
  return readdirSync(folder).length === 0;
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null; // a pack without one is told by the caller
  }
}
