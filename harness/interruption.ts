/** Ctrl-C and SIGTERM: the first asks for an orderly end, a later one ends at once. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** 130 or 143 once interrupted, null before. */
  exitCode(): 130 | 143 | null;
  release(): void;
}

/** npm passes a Ctrl-C on that the terminal has already delivered: copies within this time are the same one. */
const SAME_PRESS_MS = 1000;

/** Listens from now on. On a second interruption `lastAct` is all that is still done before the process ends. */
export function watchInterruption(lastAct: () => void): Interruption {
  const controller = new AbortController();
  let code: 130 | 143 | null = null;
  let firstAt = 0;
  const on = (exitCode: 130 | 143) => (): void => {
    if (code === null) {
      code = exitCode;
      firstAt = performance.now();
      controller.abort(new Error('interrupted'));
      return;
    }
    if (performance.now() - firstAt <= SAME_PRESS_MS) return;
    lastAct();
    process.exit(exitCode);
  };
  const [sigint, sigterm] = [on(130), on(143)];
  process.on('SIGINT', sigint).on('SIGTERM', sigterm);
  return {
    signal: controller.signal,
    exitCode: () => code,
    release: () => {
      process.off('SIGINT', sigint).off('SIGTERM', sigterm);
    },
  };
}
