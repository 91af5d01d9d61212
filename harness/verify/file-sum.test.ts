import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fileSha256 } from './file-sum.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'drill-sum-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([0, 1, (1 << 20) - 1, 1 << 20, (2 << 20) + 7])('a file of %d bytes has its sum', (bytes) => {
  const content = Buffer.alloc(bytes, 'abc');
  const file = path.join(folder, String(bytes));
  writeFileSync(file, content);
  expect(fileSha256(file)).toBe(createHash('sha256').update(content).digest('hex'));
});

test('one that is not there, and a folder, have none', () => {
  expect(fileSha256(path.join(folder, 'none'))).toBeNull();
  expect(fileSha256(folder)).toBeNull();
});
