import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '../..');

/** What a project with tests in TypeScript has of its own, beside the package. */
const OF_THE_PROJECT = ['vitest', 'typescript', '@types/node'];

/**
 * Test support: a new project that has installed the packed package. Its dependencies are links to those of the checkout,
 * so that no registry is asked; the package itself is unpacked, and lies below node_modules as it does with any user.
 * Only what the package names as its dependencies is linked: one that is missing there must not be found here.
 */
export function installedProject(): string {
  const project = mkdtempSync(path.join(tmpdir(), 'installed-'));
  const modules = path.join(project, 'node_modules');
  const own = path.join(modules, 'rustbaas-dr-drill');
  mkdirSync(own, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', project], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack left no package:\n${packed}`);
  execFileSync('tar', ['-xzf', path.join(project, tarball), '-C', own, '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(path.join(own, 'package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  for (const name of [...Object.keys(dependencies), ...OF_THE_PROJECT]) {
    mkdirSync(path.join(modules, path.dirname(name)), { recursive: true });
    // What these need in their turn they find beside themselves: Node goes by where a link leads to.
    symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
  const bin = path.join(modules, '.bin');
  mkdirSync(bin);
  symlinkSync('../rustbaas-dr-drill/dist/harness/start.mjs', path.join(bin, 'drill'));
  for (const name of ['node', 'vitest', 'tsc']) {
    symlinkSync(path.join(ROOT, 'node_modules/.bin', name), path.join(bin, name));
  }
  writeFileSync(
    path.join(project, 'package.json'),
    JSON.stringify({ name: 'somebodys-project', private: true, type: 'module' }),
  );
  return project;
}
