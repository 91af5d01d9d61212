import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrillError } from '../errors.ts';
import { findScenarios, type Selection } from './registry.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drill-scenarios-'));
  write('alpha', { tier: 'gate', tags: '[slow]' });
  write('beta', { tier: 'smoke' });
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(id: string, { tier = 'smoke', tags = '[]', file = `${id}.yaml` } = {}): string {
  const text = `id: ${id}\ntitle: ${id}\ntier: ${tier}\ntags: ${tags}\nfleet: { realms: 1 }\nobjectives: [rpoMs max < 1]\n`;
  writeFileSync(path.join(folder, file), text);
  return path.join(folder, file);
}

async function ids(selection: Partial<Selection>): Promise<string[]> {
  const found = await findScenarios({ names: [], tier: null, tag: null, ...selection }, folder);
  return found.map(({ scenario }) => scenario.id);
}

async function errorOf(selection: Partial<Selection>): Promise<DrillError> {
  try {
    await ids(selection);
  } catch (error) {
    if (error instanceof DrillError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('findScenarios', () => {
  test('all, by id, by file, by tier, by tag; each once', async () => {
    expect(await ids({})).toEqual(['alpha', 'beta']);
    expect(await ids({ names: ['beta', 'alpha', 'beta'] })).toEqual(['beta', 'alpha']);
    expect(await ids({ names: [path.join(folder, 'beta.yaml'), 'beta'] })).toEqual(['beta']);
    expect(await ids({ tier: 'gate' })).toEqual(['alpha']);
    expect(await ids({ tag: 'slow' })).toEqual(['alpha']);
  });

  test('without those that are left out; a name that leaves nothing out is a mistake', async () => {
    expect(await ids({ except: ['alpha'] })).toEqual(['beta']);
    expect(await errorOf({ tier: 'gate', except: ['beta'] })).toMatchObject({
      what: '--except=beta leaves nothing out',
      why: 'chosen are alpha',
      exit: 2,
    });
    expect((await errorOf({ except: ['bta'] })).what).toContain('did you mean beta?');
    expect((await errorOf({ tier: 'gate', except: ['alpha'] })).what).toContain('tier gate, without alpha');
  });

  test('an unknown id names the nearest and the whole list', async () => {
    expect(await errorOf({ names: ['alhpa'] })).toMatchObject({
      code: 'DRILL_E_SCENARIO_UNKNOWN',
      what: 'there is no scenario alhpa; did you mean alpha?',
      why: 'known are alpha, beta',
      exit: 2,
    });
  });

  test('nothing that fits is an error, not an empty pass', async () => {
    expect(await errorOf({ tier: 'nightly' })).toMatchObject({ code: 'DRILL_E_SCENARIO_UNKNOWN', exit: 2 });
    expect((await errorOf({ names: ['alpha'], tag: 'fast' })).what).toContain('alpha, tag fast');
  });

  test('the problems of all chosen files come at once; other files do not matter', async () => {
    write('gamma', { tier: 'smokee' });
    write('delta', { tier: 'gat' });
    expect(await ids({ names: ['alpha'] })).toEqual(['alpha']);
    const error = await errorOf({});
    expect(error).toMatchObject({ code: 'DRILL_E_SCENARIO_INVALID', exit: 2 });
    expect(error.details).toHaveLength(2);
    expect((await errorOf({ names: ['gamma'] })).details).toEqual([
      expect.stringMatching(/gamma\.yaml:3:7: tier: "smokee" is not one of .*; did you mean smoke\?$/),
    ]);
  });

  test('a file without a readable id is found by its name', async () => {
    writeFileSync(path.join(folder, 'broken.yaml'), 'id: [\n');
    expect((await errorOf({ names: ['broken'] })).code).toBe('DRILL_E_SCENARIO_INVALID');
  });

  test('two files with one id', async () => {
    write('alpha', { file: 'other.yaml' });
    expect((await errorOf({})).details).toEqual([
      expect.stringContaining('other.yaml:1:1: the id alpha is taken by'),
    ]);
  });

  test('a missing file, another kind of file, a missing folder', async () => {
    expect((await errorOf({ names: ['./gone.yaml'] })).what).toBe(
      'the scenario file ./gone.yaml cannot be read',
    );
    expect((await errorOf({ names: ['run.json'] })).why).toContain('scenarios are YAML files');
    await expect(
      findScenarios({ names: [], tier: null, tag: null }, path.join(folder, 'nowhere')),
    ).rejects.toThrow(/scenarios folder/);
  });
});
