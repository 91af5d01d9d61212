import type { Clock } from './clock.ts';
import { type DrillErrorCode, foreseen, messageOf } from './errors.ts';
import type { DrillEvent, EventBus } from './events.ts';
import { type Evidence, HARNESS_BUG } from './evidence.ts';
import type { SubjectFailureCode } from './failure-classes.ts';

/** Collects what a drill observes while it runs: phases, failures of the subject, faults of the rig. */
export class Recorder {
  readonly timeline: Evidence['timeline'] = [];
  readonly subjectFailures: Evidence['subjectFailures'] = [];
  readonly harnessFaults: Evidence['harnessFaults'] = [];
  readonly #bus: EventBus;
  readonly #clock: Clock;
  readonly #drillId: string;
  #phase = 'start';

  constructor(bus: EventBus, clock: Clock, drillId: string) {
    this.#bus = bus;
    this.#clock = clock;
    this.#drillId = drillId;
  }

  /** Runs one phase of the drill and records its span, whether it succeeds or not. */
  async phase<T>(phase: string, run: () => Promise<T>): Promise<T> {
    const startUs = this.#clock.nowUs();
    this.#phase = phase;
    this.#bus.emit({ type: 'phase-start', drillId: this.#drillId, phase, atMs: startUs / 1000 });
    try {
      return await run();
    } finally {
      const endUs = this.#clock.nowUs();
      this.timeline.push({ phase, startUs, endUs });
      const durationMs = (endUs - startUs) / 1000;
      this.#bus.emit({ type: 'phase-end', drillId: this.#drillId, phase, atMs: endUs / 1000, durationMs });
    }
  }

  progress(done: number, total: number, label: string, figures: Record<string, number | string> = {}): void {
    this.#bus.emit({
      type: 'progress',
      drillId: this.#drillId,
      phase: this.#phase,
      done,
      total,
      label,
      figures,
    });
  }

  note(level: 'info' | 'warn', message: string): void {
    this.#bus.emit({ type: 'note', drillId: this.#drillId, level, message });
  }

  emit(event: DrillEvent): void {
    this.#bus.emit(event);
  }

  /** The subject did not do what it promises. `databases`: all that it failed at, where it is about those alone. */
  subjectFailed(code: SubjectFailureCode, message: string, databases: readonly string[] = []): void {
    if (this.subjectFailures.some((failure) => failure.code === code && failure.message === message)) return;
    this.subjectFailures.push({
      code,
      message,
      ...(databases.length === 0 ? {} : { databases: [...databases] }),
    });
    this.note('warn', message);
  }

  /** The rig failed: what follows cannot be measured. An error that nobody foresaw is a bug in the harness. */
  harnessFault(error: unknown): void {
    const known = foreseen(error);
    if (known !== null) {
      const told = [known.what, ...known.details].join('; ');
      this.fault(known.code, `${told}: ${known.why}`, known.fix);
    } else if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
      this.fault('DRILL_E_TIMEOUT', 'the drill did not end within its time limit');
    } else this.fault(HARNESS_BUG, messageOf(error));
  }

  fault(code: DrillErrorCode | typeof HARNESS_BUG, message: string, fix = ''): void {
    this.harnessFaults.push({ code, phase: this.#phase, message, ...(fix === '' ? {} : { fix }) });
    const todo = fix === '' ? '' : `; do: ${fix}`;
    this.note('warn', `${message} (${code}, in phase ${this.#phase})${todo}`);
  }
}
