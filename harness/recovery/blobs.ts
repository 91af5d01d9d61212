import { chmod, copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

const BLOB = /^realms\/[^/]+\/apps\/[^/]+\/storage\/[^/]+$/;

/**
 * Step 4 of the documented runbook: brings the apps' file blobs back from wherever the operator mirrored them, for
 * the apps that are back. `from` is laid out as data_dir.
 */
export async function copyBlobs(
  from: string,
  dataDir: string,
  fileMode: number,
  folderMode: number,
): Promise<number> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true }).catch(() => []);
  let copied = 0;
  for (const entry of entries) {
    const path = relative(from, join(entry.parentPath, entry.name));
    if (!entry.isFile() || !BLOB.test(path)) continue;
    const app = join(dataDir, dirname(dirname(path)));
    if (!(await stat(app).catch(() => null))?.isDirectory()) continue;
    const target = join(dataDir, path);
    await mkdir(dirname(target), { recursive: true, mode: folderMode });
    await copyFile(join(from, path), target);
    await chmod(target, fileMode);
    copied++;
  }
  return copied;
}
