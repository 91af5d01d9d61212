/**
 * Aborts with the first of the signals, or after `limitMs`. Not `AbortSignal.any` of an `AbortSignal.timeout`: some versions of
 * Node (24.16 to 26.8: nodejs/node 57736 and 65995) give such a pair to the garbage collector while somebody waits for it,
 * and then the limit never comes. A timer holds this one.
 */
export function limitedSignal(limitMs: number, ...signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  const end = (reason: unknown): void => {
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener('abort', onAbort);
    controller.abort(reason);
  };
  const onAbort = (): void => end(signals.find(({ aborted }) => aborted)?.reason);
  const timer = setTimeout(
    () => end(new DOMException(`not within ${limitMs} ms`, 'TimeoutError')),
    limitMs,
  ).unref();
  for (const signal of signals) signal.addEventListener('abort', onAbort, { once: true });
  if (signals.some(({ aborted }) => aborted)) onAbort();
  return controller.signal;
}
