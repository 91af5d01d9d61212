import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReadScenario } from './check-scenario.ts';
import { readFile } from './registry.ts';

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'modules-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A scenario in TypeScript whose fields begin in line 3. */
async function read(fields: string): Promise<ReadScenario> {
  const define = pathToFileURL(path.join(import.meta.dirname, 'define.ts')).href;
  const text = `import { defineScenario } from '${define}';\nexport default defineScenario({\n${fields}\n});\n`;
  return readText(text);
}

function readText(text: string): Promise<ReadScenario> {
  const file = path.join(folder, `one-${++files}.ts`);
  writeFileSync(file, text);
  return readFile(file);
}

async function problemsOf(fields: string): Promise<string[]> {
  const { problems } = await read(fields);
  return problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

const GOOD = `  id: 'mine',
  title: 'Mine',
  tier: 'smoke',
  fleet: { realms: 1 },
  objectives: [
    'rpoMs max < 3000', // a comment, with a comma
    'rtoMs < 9000',
  ],`;

describe('a scenario in TypeScript', () => {
  test('has every default of a YAML one, and its objectives their lines', async () => {
    const { loaded, problems } = await read(GOOD);
    expect(problems).toEqual([]);
    expect(loaded).toMatchObject({ scenario: { id: 'mine', expect: 'pass', timeout: '5m' } });
    expect(loaded?.objectives.map(({ line }) => line)).toEqual([8, 9]);
    expect(loaded?.ownChecks).toBeUndefined();
  });

  test('names its own checks', async () => {
    const one = await read(`${GOOD}\n  verify() { return []; },`);
    expect(one.loaded?.ownChecks).toMatchObject({ names: ['verify'], timeoutMs: 60_000 });
    const two = await read(`${GOOD}\n  verifyTimeout: '5s', verify: { a: () => [], 'b-c': () => [] },`);
    expect(two.loaded?.ownChecks).toMatchObject({ names: ['a', 'b-c'], timeoutMs: 5000 });
  });

  test.each([
    ["tier: 'smoke'", "tier: 'smokee'", /^5:3 tier: "smokee" is not one of .*; did you mean smoke\?$/],
    ['realms: 1', 'realm: 1', /^6:12 unknown key realm; did you mean realms\?$/],
    ['rtoMs < 9000', 'rtoMz < 9000', /^9:5 .*rtoMz.*rtoMs/],
    ["title: 'Mine',", '', /^2:\d+ title is missing$/],
    ['objectives: [', 'verify: {},\n  objectives: [', /^7:3 verify: expected a function/],
    ['objectives: [', 'verify: { Bad: () => [] },\n  objectives: [', /^7:13 verify: "Bad" is no name/],
    ['objectives: [', 'verify: { bad: 3 },\n  objectives: [', /^7:13 verify.bad: expected a function$/],
    ['objectives: [', 'verifyTimeout: 3,\n  objectives: [', /^7:3 verifyTimeout: /],
    [
      'objectives: [',
      "expect: 'fail', mustFail: ['own:orderz'],\n  verify: { orders: () => [] },\n  objectives: [",
      /^7:\d+ the scenario has no check orderz in verify; did you mean own:orders\?$/,
    ],
  ])('%j written as %j', async (from, to, problem) => {
    expect(await problemsOf(GOOD.replace(from, to))).toEqual([expect.stringMatching(problem)]);
  });

  test('that throws, or exports something else, is a problem of that file', async () => {
    expect((await readText("throw new Error('at once');")).problems).toMatchObject([
      { line: 1, message: 'the module cannot be loaded: at once' },
    ]);
    expect((await readText('export default { id: 1 };')).problems[0]?.message).toContain('is no scenario');
    expect((await readText('export const a = 1;')).problems[0]?.message).toContain('is no scenario');
  });
});
