import { join } from 'node:path';
import { ControlGroup } from '../host/control-group.ts';
import type { RunningHost } from '../host/host.ts';
import { slowDown } from '../host/slow-disk.ts';
import { ownProgram } from '../litestream/own-program.ts';
import type { HostSlowDisk } from '../scenario/host-fault.ts';
import { durationMs } from '../scenario/schema.ts';
import { waitFor } from '../waiting.ts';
import type { DrillContext } from './context.ts';
import { type FaultRecord, type HostScene, hostFaultsOf, livesAfter, startBeside } from './host-scene.ts';

const PROBE = ownProgram('../host/disk-probe-process.ts', import.meta.url);
const PROBED_WITHIN_MS = 30_000;
/** So many times slower than before, by the median of forced writes, is slow. */
const SLOWER = 3;

/** The group of all processes of the host, by which its disk is slowed down; null: the scenario wants none. */
export async function openDiskGroup(drill: DrillContext): Promise<ControlGroup | null> {
  if (!hostFaultsOf(drill).some(({ kind }) => kind === 'host-slow-disk')) return null;
  return drill.resources.use(await ControlGroup.make('disk', 'host-slow-disk'));
}

/** Makes the disk slow for a while. It has engaged when a process of the host found it so, and was quick before and after. */
export async function beSlow(scene: HostScene, fault: HostSlowDisk, record: FaultRecord): Promise<void> {
  const { drill, underTest } = scene;
  const { diskGroup, host } = underTest;
  if (diskGroup === null) return;
  const { dataDir } = host.paths;
  const probe = new DiskProbe(scene, `disk-probe-${fault.id}`);
  try {
    const before = await probe.measure();
    const { writesPerSecond = null, bytesPerSecond = null } = fault;
    await slowDown(diskGroup, dataDir, { writesPerSecond, bytesPerSecond });
    const during: number[] = [];
    const endUs = drill.order.clock.nowUs() + durationMs(fault.for) * 1000;
    try {
      while (drill.order.clock.nowUs() < endUs) {
        during.push(...(await probe.measure()));
        if (!(await livesAfter(scene, 100))) return;
      }
    } finally {
      await slowDown(diskGroup, dataDir, { writesPerSecond: null, bytesPerSecond: null });
    }
    const after = await probe.measure();
    const limitMs = SLOWER * Math.max(median(before), median(after));
    record.count = during.filter((ms) => ms > limitMs).length;
    record.engaged = during.length > 0 && median(during) > limitMs;
    const figure = (values: readonly number[]): string => `${median(values).toFixed(1)} ms`;
    const words = `a forced write took ${figure(before)} before, ${figure(during)} meanwhile, ${figure(after)} after`;
    drill.recorder.note('info', `${fault.id}: ${words}`);
  } finally {
    probe.end();
  }
}

/** A process of the host that measures its disk. */
class DiskProbe {
  readonly #host: RunningHost;
  readonly #name: string;
  readonly #signal: AbortSignal;
  readonly #said: (readonly number[])[] = [];
  readonly #stop: () => void;
  #asked = 0;

  constructor(scene: HostScene, name: string) {
    const { drill, underTest } = scene;
    const { host } = underTest;
    [this.#host, this.#name, this.#signal] = [host, name, drill.order.signal];
    this.#stop = host.listen((event) => {
      if (event.event === 'line' && event.name === name)
        this.#said.push((JSON.parse(event.text) as { writesMs: number[] }).writesMs);
    });
    startBeside(scene, { name, argv: [PROBE, join(host.paths.dataDir, `.${name}`)] });
  }

  /** How long some forced writes took; none: no answer in time. */
  async measure(): Promise<readonly number[]> {
    const index = this.#asked++;
    this.#host.input(this.#name, '\n');
    const said = await waitFor(() => this.#said[index] ?? null, {
      timeoutMs: PROBED_WITHIN_MS,
      everyMs: 5,
      signal: this.#signal,
    });
    return said ?? [];
  }

  end(): void {
    this.#stop();
    this.#host.signal(this.#name, 'SIGKILL');
  }
}

/** Of none: infinite, so that nothing is slower or quicker than that by mistake. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.POSITIVE_INFINITY;
}
