import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drillJson, type EndedDrill, smokeWith } from './cli-rig.ts';
import { litestreamUnderTest } from './litestream/under-test.ts';
import { readRun } from './run-directory.ts';
import {
  expectedOf,
  foundBy,
  type LitestreamSabotage,
  writeSabotagedLitestream,
} from './sabotaged-litestream.ts';

/** A real Litestream behind a wrapper that spoils what it does: the whole program must say so. */

let folder: string;
let litestream: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-lies-'));
  litestream = (await litestreamUnderTest()).path;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function drill(...args: string[]): Promise<EndedDrill> {
  return drillJson(folder, args, litestream);
}

/** Folders of the runs in an output directory. */
function runsIn(outputDir: string): string[] {
  return readdirSync(outputDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(outputDir, name));
}

describe('a Litestream that lies', () => {
  const cases: readonly LitestreamSabotage[] = [
    'restore-drops-a-row',
    'restore-swaps-databases',
    'restore-from-a-hidden-copy',
    'second-restore-from-a-hidden-copy',
    'restore-without-file',
    'restore-fails',
  ];
  it.each(cases)('%s: exit code 1, and the right check says so', async (sabotage) => {
    const wrapper = writeSabotagedLitestream(folder, litestream, sabotage);
    const { exitCode, scenario } = await drill('--scenario=smoke', '--seed=3', `--litestream=${wrapper}`);
    expect(exitCode).toBe(1);
    expect(scenario.verdict, scenario.reason).toBe('fail');
    const expected = expectedOf(sabotage);
    expect(foundBy(scenario, expected)).toMatchObject(expected);
  });

  it('restore-drops-a-table: the failure of the new host names the databases that it is about', async () => {
    const wrapper = writeSabotagedLitestream(folder, litestream, 'restore-drops-a-table');
    const output = mkdtempSync(join(folder, 'named-'));
    const { exitCode, scenario } = await drillJson(
      output,
      ['--scenario=smoke', '--seed=3', `--litestream=${wrapper}`],
      litestream,
    );
    expect(exitCode).toBe(1);
    const expected = expectedOf('restore-drops-a-table');
    expect(foundBy(scenario, expected)).toMatchObject(expected);
    const failures = readdirSync(output)
      .flatMap((outputDir) => runsIn(join(output, outputDir)))
      .flatMap((run) => readRun(run).evidences)
      .flatMap(({ subjectFailures }) => subjectFailures);
    expect(failures.find(({ code }) => code === 'no-first-write')?.databases).toEqual(['system.db']);
  });

  const instants = ['instant-ignored', 'instant-too-early', 'instant-torn', 'instant-hangs'] as const;
  it.each(instants)('%s: the newest state is right, and instants are not', async (sabotage) => {
    const wrapper = writeSabotagedLitestream(folder, litestream, sabotage);
    const file = join(folder, `${sabotage}.yaml`);
    const recovery = '{ secondLife: false, databaseTimeout: 3s, instants: { count: 3, within: 6s } }';
    const load = 'workload: { writesPerSecond: 50, duration: 12s }';
    writeFileSync(file, smokeWith(`${load}\ndisaster: { kind: host-loss, at: 12s }\nrecovery: ${recovery}`));
    const { exitCode, scenario } = await drill(`--scenario=${file}`, '--seed=3', `--litestream=${wrapper}`);
    const expected = expectedOf(sabotage);
    expect(foundBy(scenario, expected)).toEqual(expected);
    expect(exitCode).toBe(1);
    expect(scenario.instants).toHaveLength(3);
  });

  it('a restore that is rehearsed while the host lives is looked at as well', async () => {
    const wrapper = writeSabotagedLitestream(folder, litestream, 'restore-drops-a-row');
    const file = join(folder, 'rehearsed.yaml');
    const load = 'workload: { writesPerSecond: 50, duration: 12s }';
    const rest =
      'disaster: { kind: host-loss, at: 12s }\nrecovery: { secondLife: false }\nrehearsal: { at: 2s }';
    writeFileSync(file, smokeWith(`${load}\n${rest}`));
    const { scenario } = await drill(`--scenario=${file}`, '--seed=3', `--litestream=${wrapper}`);
    const told = scenario.checks.find(({ id }) => id === 'rehearsal');
    expect(told).toMatchObject({ verdict: 'fail' });
    expect(told?.detail).toContain('system.db');
  });

  it('an upload after the kill fails the drill, although it makes the restore look better', async () => {
    const wrapper = writeSabotagedLitestream(folder, litestream, 'uploads-after-the-kill');
    const { exitCode, scenario } = await drill('--scenario=smoke', '--seed=3', `--litestream=${wrapper}`);
    expect(exitCode).toBe(1);
    const expected = expectedOf('uploads-after-the-kill');
    expect(foundBy(scenario, expected)).toEqual(expected);
  });
});
