import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SCENARIOS_DIR } from '../project.ts';
import { scenarioJsonSchema } from './json-schema.ts';
import { readDirectory } from './registry.ts';

test('the committed schema is what the code says: npm run schema', () => {
  const committed = readFileSync(path.join(SCENARIOS_DIR, 'scenario.schema.json'), 'utf8');
  expect(committed).toBe(scenarioJsonSchema());
});

test('every field that an author can write is described', () => {
  const undescribed: string[] = [];
  const visit = (node: unknown, where: string): void => {
    if (typeof node !== 'object' || node === null || !('properties' in node)) return;
    for (const [key, field] of Object.entries(node.properties as Record<string, object>)) {
      if (!('description' in field)) undescribed.push(`${where}${key}`);
      visit(field, `${where}${key}.`);
    }
  };
  visit(JSON.parse(scenarioJsonSchema()), '');
  expect(undescribed).toEqual([]);
});

test('the scenarios that come with the drill are valid, named after their files, and say why', async () => {
  const files = await readDirectory(SCENARIOS_DIR);
  expect(files.flatMap(({ problems }) => problems)).toEqual([]);
  expect(files.map(({ id }) => id)).toEqual(
    expect.arrayContaining([
      'first-sync',
      'idle-tenants',
      'many-realms',
      'new-tenants',
      'smoke',
      'sub-second',
    ]),
  );
  for (const { file, loaded } of files) {
    expect(path.parse(file).name).toBe(loaded?.scenario.id);
    expect(loaded?.scenario.description).not.toBe('');
    if (!file.endsWith('.yaml')) continue;
    expect(readFileSync(file, 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=\.\/scenario\.schema\.json\n/,
    );
  }
});
