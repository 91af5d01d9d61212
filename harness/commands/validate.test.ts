import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { validateCommand } from './validate.ts';

test('a problem that quotes a credential of the environment is told without it, in JSON too', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drill-validate-'));
  const lines: string[] = [];
  const screen = {
    write: (text: string) => void lines.push(text),
    columns: 80,
    colour: false,
    motion: false,
  };
  try {
    const file = path.join(folder, 'broken.yaml');
    writeFileSync(file, 'id: broken\nobjectives: [planted-objective]\n');
    const io = { stdout: screen, stderr: screen, env: { API_TOKEN: 'planted-objective' } };
    expect(await validateCommand([file], { json: true }, io)).toBe(2);
    expect(lines.join('')).toContain('[redacted]');
    expect(lines.join('')).not.toContain('planted-objective');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
