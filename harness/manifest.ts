import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const MANIFEST = 'manifest.sha256';

/** Writes the SHA-256 of every file of a run directory, in the format of `sha256sum --check`. */
export function writeManifest(runDir: string): void {
  writeFileSync(join(runDir, MANIFEST), manifestText(runDir));
}

/** What is no longer as the manifest says: changed, missing or added files, or a manifest that is gone. */
export function manifestProblems(runDir: string): string[] {
  const saved = textOf(join(runDir, MANIFEST));
  if (saved === null) return [`${MANIFEST} is gone`];
  const [before, after] = [saved, manifestText(runDir)].map((text) => new Set(text.split('\n')));
  const fileOf = (line: string): string => line.slice(line.indexOf('  ') + 2);
  const differing = [...(before ?? [])].filter((line) => !after?.has(line)).map(fileOf);
  const added = [...(after ?? [])].filter((line) => !before?.has(line)).map(fileOf);
  return [...new Set([...differing, ...added])].toSorted().map((file) => `${file} is not as it was saved`);
}

function manifestText(runDir: string): string {
  const entries = readdirSync(runDir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(runDir, join(entry.parentPath, entry.name)))
    .filter((file) => file !== MANIFEST && !file.startsWith('work/'))
    .toSorted()
    .map(
      (file) =>
        `${createHash('sha256')
          .update(readFileSync(join(runDir, file)))
          .digest('hex')}  ${file}\n`,
    )
    .join('');
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null; // no manifest is a problem of its own
  }
}
