import { expect, it } from 'vitest';
import config from '../../vitest.config.ts';

it('runs projects of different width one after another, on a machine of any width', () => {
  const projects = (config.test?.projects ?? []).flatMap((project) =>
    typeof project === 'object' && 'test' in project && project.test !== undefined ? [project.test] : [],
  );
  expect(projects.map(({ name }) => name)).toEqual([
    'unit',
    'drill',
    'timed',
    'line05',
    'package',
    'browser',
    'container',
  ]);
  // vitest ends before the first test where two projects of one group differ in it, and its default is the machine's.
  for (const { maxWorkers } of projects) expect(maxWorkers).toBeDefined();
  const order = projects.map(({ sequence }) => sequence?.groupOrder);
  expect(new Set(order).size).toBe(projects.length);
  expect(order).not.toContain(0);
});
