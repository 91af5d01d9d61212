import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { SCENARIOS_DIR } from '../project.ts';
import { readScenario } from './load.ts';
import { parseObjective } from './metrics.ts';
import { loadAll, readDirectory } from './registry.ts';

/**
 * Every objective of a shipped scenario says why it is this figure, in a comment right above it. Two bounds of one metric
 * may share theirs; a comment above a longer list would seem to speak of what it does not.
 */
const SHIPPED = loadAll(await readDirectory(SCENARIOS_DIR));

type Lines = readonly { readonly expression: string; readonly line: number }[];

/** The objectives above which no reason stands. */
function withoutReason(text: string, objectives: Lines): string[] {
  const lines = text.split('\n');
  const hasComment = (line: number): boolean => /^\s*(#|\/\/)\s*\S/.test(lines[line - 2] ?? '');
  return objectives
    .filter(({ expression, line }, index) => {
      const former = objectives[index - 1];
      const isSecondBound =
        former !== undefined &&
        former.line === line - 1 &&
        measureOf(former.expression) === measureOf(expression) &&
        hasComment(former.line);
      return !hasComment(line) && !isSecondBound;
    })
    .map(({ expression, line }) => `${line}: ${expression}`);
}

/** What an objective bounds: its metric and, of a distribution, which figure of it. */
function measureOf(expression: string): string {
  const { objective } = parseObjective(expression);
  return `${objective?.metric} ${objective?.aggregate}`;
}

describe('the reason of an objective', () => {
  test.each(SHIPPED.map(({ file, objectives }) => [path.basename(file), file, objectives] as const))(
    'stands above each one of %s',
    (_, file, objectives) => {
      expect(withoutReason(readFileSync(file, 'utf8'), objectives)).toEqual([]);
    },
  );

  test('may be shared by two bounds of one metric, and by nothing else', () => {
    const text = `id: tiny
title: A small fleet
tier: smoke
fleet: { realms: 2, appsPerRealm: 2 }
objectives:
  # One interval and an upload.
  - rpoMs max < 15000
  - rtoMs < 120000
  # At most what the fault lasts, at least what it must cost.
  - rpoMs max < 9000
  - rpoMs max > 4000
  - rpoMs max > 5000
  - rpoMs p50 < 1

  #
  - lostWritesBeyondRpo == 0
`;
    const { loaded } = readScenario(text, 'tiny.yaml');
    expect(withoutReason(text, loaded?.objectives ?? [])).toEqual([
      '8: rtoMs < 120000',
      '12: rpoMs max > 5000',
      '13: rpoMs p50 < 1',
      '16: lostWritesBeyondRpo == 0',
    ]);
  });
});
