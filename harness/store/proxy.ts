import { messageOf } from '../errors.ts';
import { ownProgram } from '../litestream/own-program.ts';
import type { FaultyRole } from '../scenario/store-fault.ts';
import { notSettled } from './not-settled.ts';
import type { DooredRole, ProxyAnswers, ProxyOptions, ProxyOrder } from './request-log.ts';
import { startService } from './service-process.ts';
import { ANSWER_TIMEOUT_MS } from './settle-limits.ts';

const PROGRAM = ownProgram('proxy-process.ts', import.meta.url);

/** Switches the declared faults of a store on and off. */
export interface FaultSwitch {
  /** They count their times from this instant. */
  begin(role: FaultyRole, atUs: number): Promise<void>;
  /** Nothing strikes this role any more. Answers how often each fault has struck. */
  end(role: FaultyRole): Promise<Readonly<Record<string, number>>>;
}

/** The endpoints that host and recovery are given in place of the store's own. */
export interface StoreProxy extends AsyncDisposable {
  /** For the harness: no fault ever strikes here. */
  readonly endpoint: string;
  readonly endpointOf: (role: DooredRole) => string;
  readonly faults: FaultSwitch;
  failure(): string | null;
  /** Resolves when everything sent before this call has been taken in by the store. */
  settle(): Promise<void>;
}

/** Starts the logging proxy in front of a store. */
export async function startProxy(options: ProxyOptions): Promise<StoreProxy> {
  const service = await startService('the proxy in front of the store', PROGRAM, options);
  let last: Promise<unknown> = Promise.resolve();
  // One order at a time: an answer does not say what it answers.
  const ask = <Order extends ProxyOrder>(order: Order): Promise<ProxyAnswers[Order['do']]> => {
    const answer = last
      .catch(() => undefined)
      .then(
        () => service.ask(JSON.stringify(order), ANSWER_TIMEOUT_MS) as Promise<ProxyAnswers[Order['do']]>,
      );
    last = answer;
    return answer;
  };
  const ports = await ask({ do: 'doors' });
  return {
    endpoint: service.endpoint,
    endpointOf: (role) => `http://127.0.0.1:${ports[role]}`,
    faults: {
      begin: async (role, atUs) => void (await ask({ do: 'begin', role, atUs })),
      end: async (role) => (await ask({ do: 'end', role })).hits,
    },
    failure: () => service.failure(),
    settle: async () => {
      const { settled } = await ask({ do: 'settle' }).catch((error: unknown) => {
        throw notSettled(messageOf(error));
      });
      if (!settled) throw notSettled('requests that came before are still under way');
    },
    [Symbol.asyncDispose]: async () => {
      // What has been answered is in the log only an instant later.
      if (service.failure() === null) await ask({ do: 'settle' }).catch(() => undefined);
      await service[Symbol.asyncDispose]();
    },
  };
}
