import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ownProgram } from './own-program.ts';

test('a program is TypeScript beside TypeScript, and JavaScript beside JavaScript', () => {
  expect(ownProgram('../cli.ts', 'file:///checkout/harness/host/host.ts')).toBe('/checkout/harness/cli.ts');
  expect(ownProgram('reader-worker.ts', 'file:///p/dist/harness/verify/pool.js')).toBe(
    '/p/dist/harness/verify/reader-worker.js',
  );
});

test('whatever the package carries names its programs so', () => {
  const harness = path.join(import.meta.dirname, '..');
  const stray = readdirSync(harness, { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      name.endsWith('.ts') &&
      !/(\.test|-rig)\.ts$|^(bench|docs|package|soak)\/|sabotage/.test(name) &&
      /new URL\('[^']*\.ts', import\.meta\.url\)/.test(readFileSync(path.join(harness, name), 'utf8')),
  );
  expect(stray).toEqual([]);
});
