import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { describeEnvironment } from './environment.ts';
import { operatingSystem } from './operating-system.ts';

test.each([
  [
    'in double quotes',
    'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    'Debian GNU/Linux 12 (bookworm)',
  ],
  ['in single quotes', "PRETTY_NAME='Alpine Linux v3.20'", 'Alpine Linux v3.20'],
  ['in none', 'ID=void\nPRETTY_NAME=Void\n', 'Void'],
  ['not at all', 'ID=void\nPRETTY_NAME=""\n', null],
])('what a Linux calls itself is read %s', (_, text, name) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drill-os-'));
  try {
    const file = path.join(folder, 'os-release');
    writeFileSync(file, text);
    expect(operatingSystem([path.join(folder, 'none'), file])).toBe(name);
    expect(operatingSystem([path.join(folder, 'none')])).toBeNull();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a run notes on which host it was, and what that one runs', () => {
  const environment = describeEnvironment({});
  expect(environment['hostId']).toBe(hostname());
  expect(environment['os'] ?? null).toBe(operatingSystem());
});
