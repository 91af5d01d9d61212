import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { readFile } from '../scenario/registry.ts';
import { initCommand } from './init.ts';
import type { Io } from './options.ts';
import { buildProgram } from './program.ts';
import { applyRc, RC_FILE } from './rc.ts';

let folder: string;
let said: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'init-'));
  said = '';
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const screen = { write: (text: string) => void (said += text), columns: 100, colour: false, motion: false };
const io: Io = { stdout: screen, stderr: screen, env: {} };

const FILES = ['scenarios/first-drill.yaml', '.github/workflows/dr-drill.yml', RC_FILE];

/** What the options of a command come to with this rc file. */
async function optionsWith(rc: string | null, command = 'run'): Promise<Record<string, unknown>> {
  if (rc !== null) writeFileSync(path.join(folder, RC_FILE), rc);
  const program = buildProgram(io, () => undefined);
  await applyRc(program, folder);
  return program.commands.find((one) => one.name() === command)?.opts() ?? {};
}

describe('drill init', () => {
  test('writes what is valid, and is understood', async () => {
    expect(initCommand({ folder }, io)).toBe(0);
    expect((await readFile(path.join(folder, FILES[0] ?? ''))).problems).toEqual([]);
    const workflow = parseDocument(readFileSync(path.join(folder, FILES[1] ?? ''), 'utf8'));
    expect([workflow.errors, workflow.warnings]).toEqual([[], []]);
    expect(await optionsWith(null)).toMatchObject({ store: 'auto', outputDir: path.resolve('reports') });
  });

  test.each(FILES)('keeps %s where it is there already', (name) => {
    initCommand({ folder }, io);
    writeFileSync(path.join(folder, name), 'mine');
    expect(initCommand({ folder }, io)).toBe(0);
    expect(readFileSync(path.join(folder, name), 'utf8')).toBe('mine');
    expect(said).toContain(`kept     ${name}`);
  });

  test('says where it cannot write', () => {
    writeFileSync(path.join(folder, 'file'), '');
    expect(() => initCommand({ folder: path.join(folder, 'file') }, io)).toThrow(/cannot be written/);
  });
});

describe('the rc file', () => {
  test('sets options of the commands that drill, and of no other', async () => {
    const rc = 'store: embedded\nlitestream: 0.5.17\noutput-dir: elsewhere\n';
    expect(await optionsWith(rc)).toMatchObject({
      store: 'embedded',
      litestream: '0.5.17',
      outputDir: path.resolve('elsewhere'),
    });
    expect(await optionsWith(rc, 'restore')).not.toHaveProperty('outputDir');
    expect(await optionsWith(rc, 'supervise')).not.toHaveProperty('litestream');
  });

  test('may be empty, or not there', async () => {
    expect(await optionsWith(null)).toMatchObject({ store: 'auto' });
    expect(await optionsWith('# nothing\n')).toMatchObject({ store: 'auto' });
  });

  test.each([
    ['stor: x', /:1: there is no option stor .*; did you mean store\?/],
    ['# a\nstore: minoi', /:2: store: .*did you mean minio\?/],
    ['store: [a]', /:1: store: expected a text/],
    ['- store', /:1: expected options by name/],
    ['store: "', /:1: /],
    ['seed: 3', /there is no option seed/],
  ])('%j is told with its line', async (rc, problem) => {
    await expect(optionsWith(rc)).rejects.toThrow(problem);
  });
});
