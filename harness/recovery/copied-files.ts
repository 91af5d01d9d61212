import { chmod, copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

const BLOB = /^realms\/[^/]+\/apps\/[^/]+\/storage\/[^/]+$/;
/** The file names that RustBaas takes for a hook. */
const HOOK = /^hooks\/[^/]+\/[^/]+\/\w[\w.-]*\.[jt]s$/i;

interface Modes {
  readonly file: number;
  readonly folder: number;
}

/**
 * Step 4 of the documented runbook: brings the apps' file blobs back from wherever the operator mirrored them, for
 * the apps that are back. `from` is laid out as data_dir. Returns how many.
 */
export async function copyBlobs(from: string, dataDir: string, modes: Modes): Promise<number> {
  return copyFiles(from, dataDir, modes, async (path) => {
    const app = join(dataDir, dirname(dirname(path)));
    return BLOB.test(path) && (await stat(app).catch(() => null))?.isDirectory() === true;
  });
}

/**
 * What the documented runbook leaves to version control: brings the hooks back from a checkout, all of them, since
 * RustBaas passes over those of an app that is not there. `from` is laid out as data_dir. Returns how many.
 */
export async function copyHooks(from: string, dataDir: string, modes: Modes): Promise<number> {
  return copyFiles(from, dataDir, modes, (path) => HOOK.test(path) && !path.includes('..'));
}

async function copyFiles(
  from: string,
  dataDir: string,
  modes: Modes,
  isWanted: (path: string) => boolean | Promise<boolean>,
): Promise<number> {
  let copied = 0;
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = relative(from, join(entry.parentPath, entry.name));
    if (!entry.isFile() || !(await isWanted(path))) continue;
    const target = join(dataDir, path);
    await mkdir(dirname(target), { recursive: true, mode: modes.folder });
    await copyFile(join(from, path), target);
    await chmod(target, modes.file);
    copied++;
  }
  return copied;
}
