import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that this program runs from: the checkout, or `dist` of the installed package, laid out like it. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Installed, the package is not the place for what a run leaves: that is the project which has installed it. */
const IS_INSTALLED = import.meta.url.endsWith('.js');
const PROJECT = IS_INSTALLED ? process.cwd() : ROOT;

/** The scenarios that come with the drill. */
export const BUILT_IN_SCENARIOS_DIR = path.join(ROOT, 'scenarios');
/** Those of the project; a project without a folder of that name uses the ones that come with the drill. */
export const SCENARIOS_DIR = ownOrBuiltIn(path.join(PROJECT, 'scenarios'));
export const REPORTS_DIR = path.join(PROJECT, 'reports');
/** Litestream versions that were fetched; git ignores it. */
export const LITESTREAM_DIR = path.join(PROJECT, '.litestream');

/** The checkout that the program runs from; null: it is installed, and its version says which it is. */
export const CHECKOUT = IS_INSTALLED ? null : ROOT;

/** How a user starts this program. */
export const COMMAND = IS_INSTALLED ? 'npx drill' : 'npm run drill --';

/** A text that tells how to start the program, as it is started where it was installed. */
export function asStartedHere(text: string): string {
  return text.replaceAll(/npm run (--silent )?drill --/g, IS_INSTALLED ? COMMAND : '$&');
}

/** The version in package.json. */
export function toolVersion(): string {
  const file = path.join(ROOT, IS_INSTALLED ? '..' : '.', 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}

function ownOrBuiltIn(folder: string): string {
  return existsSync(folder) ? folder : BUILT_IN_SCENARIOS_DIR;
}
