import { expect, test } from 'vitest';
import { configMistakes } from './config-mistakes.ts';

// As it stands in the file.
const VARIABLE = ['$', '{REALM}'].join('');

function running(file: string, lines: readonly string[], env: Record<string, string> = {}) {
  return { configFile: file, configText: ['dbs:', ...lines].join('\n'), env };
}

function entry(path: string, place: string): string {
  return `  - { path: "${path}", replicas: [{ bucket: b, path: "${place}" }] }`;
}

const sound = running('/host/litestream.yml', [entry('/d/a.db', 'prod/a.db'), entry('/d/b.db', 'prod/b.db')]);

test.each(['two-replicators', 'listed-twice', 'shared-prefix', 'no-replica'] as const)(
  '%s: not in a file that is as it should be',
  (mistake) => {
    expect(configMistakes(mistake, [sound], '0.3')).toBe(0);
    expect(configMistakes(mistake, [], '0.3')).toBe(0);
  },
);

test('two that run by one file are counted, and list nothing twice', () => {
  expect(configMistakes('two-replicators', [sound, sound], '0.3')).toBe(2);
  expect(configMistakes('listed-twice', [sound, sound], '0.3')).toBe(0);
  expect(configMistakes('two-replicators', [sound, { ...sound, configFile: '/host/b.yml' }], '0.3')).toBe(0);
});

test('databases that are listed more than once are counted once each', () => {
  const lines = [entry('/d/a.db', 'prod/a.db'), entry('/d/b.db', 'prod/b.db')];
  expect(configMistakes('listed-twice', [running('f', [...lines, ...lines])], '0.3')).toBe(2);
});

test('a variable is what it is where Litestream runs, and nothing where it is not set', () => {
  const lines = [
    entry('/d/r1/realm.db', `prod/${VARIABLE}/realm.db`),
    entry('/d/r2/realm.db', 'prod//realm.db'),
  ];
  expect(configMistakes('shared-prefix', [running('f', lines)], '0.5')).toBe(2);
  expect(configMistakes('shared-prefix', [running('f', lines, { REALM: 'r1' })], '0.5')).toBe(0);
});

test('the key of the other line is no replica to 0.3', () => {
  const lines = [
    '  - { path: "/d/a.db", replica: { bucket: b, path: prod/a.db } }',
    entry('/d/b.db', 'prod/b.db'),
  ];
  expect(configMistakes('no-replica', [running('f', lines)], '0.3')).toBe(1);
  expect(configMistakes('no-replica', [running('f', lines)], '0.5')).toBe(0);
});

test('nothing is seen in a file that cannot be read', () => {
  expect(configMistakes('listed-twice', [running('f', ['  - { path: '])], '0.3')).toBe(0);
});
