import { fileURLToPath } from 'node:url';
import { DrillError, messageOf } from '../errors.ts';
import type { ProxyOptions } from './request-log.ts';
import { startService } from './service-process.ts';

const PROGRAM = fileURLToPath(new URL('proxy-process.ts', import.meta.url));
const ANSWER_TIMEOUT_MS = 25_000;

/** The endpoint that host and recovery are given in place of the store's own. */
export interface StoreProxy extends AsyncDisposable {
  readonly endpoint: string;
  failure(): string | null;
  /** Resolves when everything sent before this call has been taken in by the store. */
  settle(): Promise<void>;
}

/** Starts the logging proxy in front of a store that we did not write. */
export async function startProxy(options: ProxyOptions): Promise<StoreProxy> {
  const service = await startService('the proxy in front of the store', PROGRAM, options);
  const settle = async (): Promise<boolean> =>
    ((await service.ask('settle', ANSWER_TIMEOUT_MS)) as { settled: boolean }).settled;
  return {
    endpoint: service.endpoint,
    failure: () => service.failure(),
    settle: async () => {
      const settled = await settle().catch((error: unknown) => {
        throw notSettled(messageOf(error));
      });
      if (!settled) throw notSettled('requests that came before are still under way');
    },
    [Symbol.asyncDispose]: async () => {
      // What has been answered is in the log only an instant later.
      if (service.failure() === null) await settle().catch(() => undefined);
      await service[Symbol.asyncDispose]();
    },
  };
}

function notSettled(why: string): DrillError {
  return new DrillError('DRILL_E_STORE_UNREACHABLE', {
    what: 'the store did not take in what had been sent to it',
    why,
    fix: "look at the store's log in evidence/…/logs, and run the drill again",
    exit: 3,
  });
}
