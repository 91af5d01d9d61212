import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrillError, messageOf } from '../errors.ts';
import { waitFor } from '../waiting.ts';
import { asRoot, shellWritesAsRoot, writeAsRoot } from './as-root.ts';

/** What the kernel can limit for a group of processes, under its names in version 2 and 1. */
const CONTROLLERS = { memory: { v2: 'memory', v1: 'memory' }, disk: { v2: 'io', v1: 'blkio' } } as const;
type Controller = keyof typeof CONTROLLERS;

const GONE_WITHIN_MS = 5000;

/** A control group of the kernel: whoever enters it, and all that he starts, is under its limits together. */
export class ControlGroup implements AsyncDisposable {
  readonly folder: string;
  readonly version: 1 | 2;

  private constructor(folder: string, version: 1 | 2) {
    this.folder = folder;
    this.version = version;
  }

  /** Makes an empty one. Needs root, or a sudo that does not ask, and a kernel that offers it here. */
  static async make(controller: Controller, faultKind: string): Promise<ControlGroup> {
    try {
      const { root, version } = await hierarchyOf(controller);
      const folder = join(root, `drill-${randomBytes(6).toString('hex')}`);
      await asRoot('mkdir', [folder]);
      return new ControlGroup(folder, version);
    } catch (error) {
      throw new DrillError('DRILL_E_FAULT_IMPOSSIBLE', {
        what: `no ${controller} limit can be set here for ${faultKind}`,
        why: messageOf(error).trim().replaceAll('\n', ' '),
        fix: 'run it on Linux as root or with a sudo that does not ask, where control groups can be written (not in a plain container), or leave the scenario out',
        exit: 3,
        cause: error,
      });
    }
  }

  async set(file: string, value: string): Promise<void> {
    await writeAsRoot(join(this.folder, file), value);
  }

  /** A file of the kernel's, as it is now. */
  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8').trim();
  }

  /** What a shell does to enter, before it becomes the program. */
  get enterCommand(): string {
    // The shell's own id, not that of a pipe's process.
    return `${shellWritesAsRoot(join(this.folder, 'cgroup.procs'), '$$')} && `;
  }

  async enter(pid: number): Promise<void> {
    await this.set('cgroup.procs', String(pid));
  }

  /** The last of its processes may take a moment to be gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    let failure: unknown = null;
    const removed = await waitFor(
      async () => {
        try {
          await asRoot('rmdir', [this.folder]);
          return true;
        } catch (error) {
          failure = error;
          return null;
        }
      },
      { timeoutMs: GONE_WITHIN_MS, everyMs: 50, signal: new AbortController().signal },
    );
    if (removed === null) throw failure;
  }
}

/** Where groups for it are made: version 2 where that has the controller, else version 1. */
async function hierarchyOf(controller: Controller): Promise<{ root: string; version: 1 | 2 }> {
  const { v2, v1 } = CONTROLLERS[controller];
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  const second = mounts.find(([, , type]) => type === 'cgroup2')?.[1];
  if (second !== undefined && (await words(join(second, 'cgroup.controllers'))).includes(v2)) {
    const control = join(second, 'cgroup.subtree_control');
    if (!(await words(control)).includes(v2)) await writeAsRoot(control, `+${v2}`);
    return { root: second, version: 2 };
  }
  const first = mounts.find(
    ([, , type, options]) => type === 'cgroup' && options?.split(',').includes(v1),
  )?.[1];
  if (first === undefined) throw new Error(`the kernel offers no control group for ${controller} here`);
  return { root: first, version: 1 };
}

async function words(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).trim().split(/\s+/);
}
