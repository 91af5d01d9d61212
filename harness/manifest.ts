import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';

const MANIFEST = 'manifest.sha256';

/** Writes the SHA-256 of every file of a run directory, in the format of `sha256sum --check`. */
export async function writeManifest(runDir: string): Promise<void> {
  const entries = await readdir(runDir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(runDir, join(entry.parentPath, entry.name)))
    .filter((file) => file !== MANIFEST && !file.startsWith('work/'))
    .toSorted();
  const lines: string[] = [];
  for (const file of files) lines.push(`${await sha256(join(runDir, file))}  ${file}\n`);
  await writeFile(join(runDir, MANIFEST), lines.join(''));
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
