import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that this program runs from. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

export const SCENARIOS_DIR = path.join(ROOT, 'scenarios');
export const REPORTS_DIR = path.join(ROOT, 'reports');
/** Litestream versions that were fetched; git ignores it. */
export const LITESTREAM_DIR = path.join(ROOT, '.litestream');

/** The version in package.json. */
export function toolVersion(): string {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
