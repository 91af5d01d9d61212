import type { Verdict } from './result.ts';

/**
 * What a run tells while it works. Live view and `events.ndjson` are subscribers; none of them can stop a drill.
 * `atMs` is the monotonic instant in ms.
 */
export type DrillEvent =
  | {
      readonly type: 'run-start';
      readonly atMs: number;
      readonly runId: string;
      readonly seed: number;
      readonly drills: number;
    }
  | {
      readonly type: 'drill-start';
      readonly atMs: number;
      readonly drillId: string;
      readonly scenario: string;
      readonly title: string;
      readonly seed: number;
    }
  | { readonly type: 'phase-start'; readonly drillId: string; readonly phase: string; readonly atMs: number }
  | {
      readonly type: 'progress';
      readonly drillId: string;
      readonly phase: string;
      readonly done: number;
      readonly total: number;
      readonly label: string;
      readonly figures: Readonly<Record<string, number | string>>;
    }
  | {
      readonly type: 'phase-end';
      readonly drillId: string;
      readonly phase: string;
      readonly atMs: number;
      readonly durationMs: number;
    }
  | {
      readonly type: 'note';
      readonly drillId: string;
      readonly level: 'info' | 'warn';
      readonly message: string;
    }
  | { readonly type: 'kill'; readonly drillId: string; readonly atMs: number }
  | {
      readonly type: 'drill-end';
      readonly drillId: string;
      readonly atMs: number;
      readonly verdict: Verdict;
      readonly reason: string;
    }
  | { readonly type: 'run-end'; readonly atMs: number; readonly verdict: Verdict; readonly exitCode: number };

type Subscriber = (event: DrillEvent) => void;

interface SubscriberFailure {
  readonly subscriber: string;
  readonly event: DrillEvent['type'];
  readonly message: string;
}

export interface EventBus {
  emit(event: DrillEvent): void;
  /** `name` is what a failure of the subscriber is reported under. */
  subscribe(name: string, subscriber: Subscriber): void;
  /** What subscribers threw. A run with any of these is not a pass. */
  readonly failures: readonly SubscriberFailure[];
}

/** A broken subscriber fails at every event: the first few say enough. */
const MOST_FAILURES_KEPT = 20;

/** A dispatcher that outlives its subscribers: what they throw is recorded and never reaches the drill. */
export function createEventBus(): EventBus {
  const subscribers: { readonly name: string; readonly call: Subscriber }[] = [];
  const failures: SubscriberFailure[] = [];
  return {
    failures,
    subscribe: (name, call) => void subscribers.push({ name, call }),
    emit: (event) => {
      for (const { name, call } of subscribers) {
        try {
          call(event);
        } catch (error) {
          if (failures.length >= MOST_FAILURES_KEPT) continue;
          const message = error instanceof Error ? error.message : String(error);
          failures.push({ subscriber: name, event: event.type, message });
        }
      }
    },
  };
}
