import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { assertMemoryLimit, limitMemory } from './memory-limit.ts';

/** It needs root and control groups: elsewhere the preflight refuses, which the command line's tests see. */
const isPossible = await assertMemoryLimit().then(
  () => true,
  () => false,
);

const MIB = 1 << 20;

it.runIf(isPossible)(
  'the kernel ends who takes more than the limit, says so, and forgets it after that',
  async () => {
    const limit = await limitMemory(64);
    const run = (megabytes: number): ReturnType<typeof spawnSync> => {
      const program = `Buffer.alloc(${megabytes * MIB}, 1); const held = Buffer.alloc(1)`;
      return spawnSync('/bin/sh', ['-c', `${limit.enterCommand}exec '${process.execPath}' -e '${program}'`]);
    };
    expect(limit.felt()).toMatchObject({ limitBytes: 64 * MIB, ended: 0, present: 0 });
    expect(run(200).signal).toBe('SIGKILL');
    const { ended, peakBytes } = limit.felt();
    expect(ended).toBe(1);
    if (peakBytes !== null) expect(peakBytes).toBeGreaterThan(50 * MIB);
    const folder = folderIn(limit.enterCommand);
    expect(statSync(folder).isDirectory()).toBe(true);
    await limit[Symbol.asyncDispose]();
    expect(existsSync(folder)).toBe(false);
  },
);

function folderIn(command: string): string {
  return /'([^']+)\/cgroup\.procs'/.exec(command)?.[1] ?? '';
}
