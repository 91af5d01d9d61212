import { expect } from 'vitest';
import { type Judged, problemsOf, worst } from './figures.ts';

/** For a result of a run or one of its drills; of anything else the limits are `never`. */
interface DrillMatchers<Returned, Received> {
  /** Every check held and every objective was kept. Neither `fail` nor `inconclusive` is a pass. */
  toPassDrill(): Returned;
  /** The worst database lost no acknowledged write of this age or older. */
  toHaveRpoBelow(limitMs: Limit<Received>): Returned;
  /** From the kill until the fleet was restored, verified and writable again. */
  toHaveRtoBelow(limitMs: Limit<Received>): Returned;
  /** No acknowledged write was lost that was older than the RPO objective. */
  toLoseNothingBeyondRpo(): Returned;
}

type Limit<Received> = Received extends Judged ? number : never;

declare module 'vitest' {
  // Both parameters have to be there, by these names.
  interface Matchers<R, T> extends DrillMatchers<R, T> {}
}

/** Adds the matchers to vitest's expect. */
export function addDrillMatchers(): void {
  expect.extend({
    toPassDrill(judged: Judged) {
      // An unmeasured drill must not satisfy `.not.toPassDrill()` either.
      if (judged.verdict === 'inconclusive') throw new Error(problemsOf(judged).join('\n'));
      return {
        pass: judged.verdict === 'pass',
        message: () => problemsOf(judged).join('\n') || 'expected the drill not to pass, and it did',
      };
    },
    toHaveRpoBelow: (judged: Judged, limitMs: number) =>
      below(
        'RPO',
        worst(judged, 'RPO', ({ measurements }) => measurements.rpoMs?.max ?? null),
        limitMs,
      ),
    toHaveRtoBelow: (judged: Judged, limitMs: number) =>
      below(
        'RTO',
        worst(judged, 'RTO', ({ measurements }) => measurements.rtoMs),
        limitMs,
      ),
    toLoseNothingBeyondRpo(judged: Judged) {
      const lost = worst(judged, 'loss', ({ measurements }) => measurements.lostWritesBeyondRpo);
      return { pass: lost === 0, message: () => `${lost} writes beyond the RPO objective were lost` };
    },
  });
}

function below(name: string, figureMs: number, limitMs: number) {
  if (!(limitMs > 0)) throw new RangeError(`a limit in milliseconds, not ${limitMs}`);
  return {
    pass: figureMs < limitMs,
    message: () => `expected an ${name} below ${limitMs} ms, measured ${figureMs} ms`,
    actual: figureMs,
    expected: limitMs,
  };
}
