import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes `dist/`, which is what the npm package carries: the JavaScript and the declarations of everything that is
 * reached from an entry, laid out like the checkout, because Node strips no types below node_modules.
 */
const ROOT = path.join(import.meta.dirname, '../..');
const DIST = path.join(ROOT, 'dist');

rmSync(DIST, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [
    path.join(ROOT, 'node_modules/typescript/bin/tsc'),
    '-p',
    path.join(ROOT, 'harness/package/tsconfig.json'),
  ],
  { stdio: 'inherit' },
);
for (const name of ['node-version.mjs', 'result.schema.json']) {
  copyFileSync(path.join(ROOT, 'harness', name), path.join(DIST, 'harness', name));
}
const start = path.join(DIST, 'harness/start.mjs');
const text = readFileSync(path.join(ROOT, 'harness/start.mjs'), 'utf8');
writeFileSync(start, text.replace("'./cli.ts'", "'./cli.js'"));
chmodSync(start, 0o755);
for (const name of readdirSync(path.join(ROOT, 'scenarios'))) {
  if (!name.endsWith('.ts'))
    cpSync(path.join(ROOT, 'scenarios', name), path.join(DIST, 'scenarios', name), { recursive: true });
}
