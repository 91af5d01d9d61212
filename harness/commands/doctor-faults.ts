import { DrillError, messageOf } from '../errors.ts';
import { assertMemoryLimit } from '../host/memory-limit.ts';
import { assertSlowDisk } from '../host/slow-disk.ts';
import { assertSmallDisk } from '../host/small-disk.ts';
import type { Diagnosis } from './doctor.ts';

/** A fault that the machine must be able to make, and how a run finds out whether it can: by making it. */
export interface MachineFault {
  /** What it does to a host, in two words. */
  readonly name: string;
  /** As scenarios call it. */
  readonly kind: string;
  readonly assert: () => Promise<void>;
}

const FAULTS: readonly MachineFault[] = [
  {
    name: 'full disk',
    kind: 'host-disk-full and recovery-disk-full',
    assert: () => assertSmallDisk('host-disk-full'),
  },
  { name: 'slow disk', kind: 'host-slow-disk', assert: assertSlowDisk },
  { name: 'memory limit', kind: 'host-limit with memoryMb', assert: assertMemoryLimit },
];

/** Which of the faults that need root this machine can make. No drill but those that have one is the worse without. */
export async function faultDiagnoses(
  faults: readonly MachineFault[] = FAULTS,
  platform: NodeJS.Platform = process.platform,
): Promise<Diagnosis[]> {
  return Promise.all(faults.map((fault) => diagnoseFault(fault, platform)));
}

async function diagnoseFault({ name, kind, assert }: MachineFault, platform: string): Promise<Diagnosis> {
  if (platform !== 'linux') {
    const fix = 'run scenarios that have it on Linux, or leave them out with --except';
    return { name, state: 'warn', found: `${kind} cannot be made on ${platform}`, fix };
  }
  try {
    await assert();
    return { name, state: 'ok', found: `${kind} can be made here`, fix: '' };
  } catch (error) {
    if (error instanceof DrillError)
      return { name, state: 'warn', found: `${error.what}: ${error.why}`, fix: error.fix };
    // The kernel let it be begun and no more: as good as a refusal.
    const found = `${kind} cannot be made here: ${messageOf(error).trim().replaceAll('\n', ' ')}`;
    const fix =
      'run it as root or with a sudo that does not ask, not in a plain container, or leave the scenario out';
    return { name, state: 'warn', found, fix };
  }
}
