/**
 * `npm run docs:picture [RUN_FOLDER]`: the upper part of a run's report, many-realms of `reports/latest` unless a folder is given, as
 * docs/report.png, taken by the `chromium` on PATH.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REPORTS_DIR } from '../project.ts';

const PICTURE = fileURLToPath(new URL('../../docs/report.png', import.meta.url));
const TIMEOUT_MS = 60_000;

const run = resolve(process.argv[2] ?? join(REPORTS_DIR, 'latest'));
const profile = mkdtempSync(join(tmpdir(), 'drill-picture-'));
try {
  execFileSync(
    'chromium',
    [
      '--headless',
      // Chromium refuses its sandbox to root, as which containers and CI often run.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--hide-scrollbars',
      '--disable-background-networking',
      `--user-data-dir=${profile}`,
      '--window-size=1100,1955',
      `--screenshot=${PICTURE}`,
      `file://${join(run, 'report.html')}`,
    ],
    { stdio: 'ignore', timeout: TIMEOUT_MS },
  );
} finally {
  rmSync(profile, { recursive: true, force: true });
}
process.stdout.write(`${PICTURE}\n`);
