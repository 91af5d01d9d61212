import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Evidence } from '../evidence.ts';
import { readStoreAlarm } from './subject.ts';

const LOOK_MS = 50;
/** More than any supervisor can change its mind in a drill. */
const MOST_CHANGES = 10_000;

/** What the status file said of the bucket from an instant on, until the next change. */
export interface AlarmChange {
  readonly atUs: number;
  readonly isRaised: boolean;
}

/** Sees what an operator sees of the bucket, by the file that the supervisor keeps for that: whether it tells of an error. */
export class StoreAlarmWatch implements AsyncDisposable {
  readonly changes: AlarmChange[] = [];
  readonly #statusFile: string;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  private constructor(statusFile: string, clock: Clock) {
    this.#statusFile = statusFile;
    this.#clock = clock;
  }

  /** Has looked once when it returns: what was told then is no answer to what comes. */
  static async open(statusFile: string, clock: Clock): Promise<StoreAlarmWatch> {
    const watch = new StoreAlarmWatch(statusFile, clock);
    await watch.#look();
    watch.#loop = watch.#run();
    return watch;
  }

  stop(): void {
    this.#stop.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted && this.changes.length < MOST_CHANGES) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const isRaised = await readStoreAlarm(this.#statusFile);
    if (this.#stop.signal.aborted || isRaised === null) return;
    if (this.changes.at(-1)?.isRaised !== isRaised)
      this.changes.push({ atUs: this.#clock.nowUs(), isRaised });
  }
}

/** An error that was told before the first refusal is no answer to it: only one that comes after it, where there was none. */
export function storeAlarmEvidence(
  changes: readonly AlarmChange[],
  refusedUs: readonly number[],
  killUs: number,
): NonNullable<Evidence['storeAlarm']> {
  if (refusedUs.length === 0)
    return { wasClear: false, firstRefusedUs: null, lastRefusedUs: null, raisedUs: null };
  const firstRefusedUs = refusedUs.reduce((first, atUs) => Math.min(first, atUs));
  const lastRefusedUs = refusedUs.reduce((last, atUs) => Math.max(last, atUs));
  const raised = changes.find(
    ({ atUs, isRaised }, index) => isRaised && index > 0 && atUs >= firstRefusedUs && atUs <= killUs,
  );
  return {
    wasClear: changes.findLast(({ atUs }) => atUs < firstRefusedUs)?.isRaised === false,
    firstRefusedUs,
    lastRefusedUs,
    raisedUs: raised?.atUs ?? null,
  };
}
