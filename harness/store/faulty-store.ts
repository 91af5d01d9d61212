import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { monotonicUs } from '../clock.ts';
import { durationMs } from '../duration.ts';
import { type FaultyRole, faultyRole, type RequestFault } from '../scenario/store-fault.ts';
import { Door } from './door.ts';
import { breakUpload, keepWaiting, refuse, refuseForItsTime, refuseItsKey } from './fault-answer.ts';
import { FaultChoice, windowMs } from './fault-choice.ts';
import { forward, type Shape } from './forward.ts';
import { Pace } from './pace.ts';
import {
  DOORED_ROLES,
  type DooredRole,
  type ProxyAnswers,
  type ProxyOptions,
  type StoreRole,
} from './request-log.ts';
import { accessKeyOf, logRequests, roleOf } from './request-logger.ts';
import { isTooSkewed, sentMsOf, signedAnew } from './signature.ts';

/** A store with doors in front of it, and what a scenario wants broken between the two. */
export class FaultyStore {
  readonly #options: ProxyOptions;
  readonly #choice: FaultChoice;
  // No request is ever repeated here: whether to try again is the client's to decide.
  readonly #upstream: Pool;
  readonly #doors = new Map<StoreRole | 'main', Door>();
  readonly #paces = new Map<string, Pace>();
  /** What a request has met; the log asks when it is over. */
  readonly #met = new WeakMap<IncomingMessage, { readonly fault: string; readonly passedOn: boolean }>();
  readonly #timers = new Map<FaultyRole, NodeJS.Timeout[]>();

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.#choice = new FaultChoice(options.faults, options.seed, options.hostKey);
    this.#upstream = new Pool(options.upstream, { pipelining: 1, allowH2: false, keepAliveTimeout: 4000 });
  }

  static async open(options: ProxyOptions): Promise<FaultyStore> {
    const store = new FaultyStore(options);
    const names = options.faults.length === 0 ? (['main'] as const) : (['main', ...DOORED_ROLES] as const);
    for (const name of names) store.#doors.set(name, await store.#openDoor(name));
    return store;
  }

  /** Of the main door. */
  get port(): number {
    return this.#portOf('main');
  }

  doors(): ProxyAnswers['doors'] {
    const ports = DOORED_ROLES.map((role) => [role, this.#portOf(role)] as const);
    return Object.fromEntries(ports) as Record<DooredRole, number>;
  }

  async settled(limitMs: number): Promise<boolean> {
    const all = [...this.#doors.values()].map(({ traffic }) => traffic.settled(limitMs));
    return (await Promise.all(all)).every(Boolean);
  }

  /** From here on, counted from this instant, the faults of a role strike. */
  begin(role: FaultyRole, atUs: number): void {
    this.#choice.begin(role, atUs);
    const door = this.#doors.get(role);
    if (door === undefined) return;
    const inMs = (ms: number): number => Math.max(0, ms - (monotonicUs() - atUs) / 1000);
    const timers = this.#options.faults
      .filter((fault) => fault.kind === 'store-refused' && faultyRole(fault) === role)
      .flatMap((fault) => {
        const { fromMs, toMs } = windowMs(fault);
        const shut = setTimeout(() => this.#shut(door, fault.id), inMs(fromMs));
        const open = Number.isFinite(toMs) ? [setTimeout(() => void door.reopen(), inMs(toMs))] : [];
        return [shut, ...open];
      });
    this.#timers.set(role, timers);
  }

  /** No fault of a role strikes any more, however long it was to last. Answers how often each has struck. */
  async end(role: FaultyRole): Promise<Readonly<Record<string, number>>> {
    this.#timers.get(role)?.forEach((timer) => clearTimeout(timer));
    this.#choice.end(role);
    for (const fault of this.#options.faults) {
      if (faultyRole(fault) === role) this.#paces.get(fault.id)?.cut();
    }
    await this.#doors.get(role)?.reopen();
    return this.#choice.hits();
  }

  async #openDoor(name: DooredRole | 'main'): Promise<Door> {
    const { roles, logFile } = this.#options;
    const role = (request: IncomingMessage): StoreRole => {
      if (roles !== null) return roleOf(request, roles);
      return name === 'main' ? 'observer' : name;
    };
    const log = (server: Server): void =>
      logRequests(server, logFile, (request) => ({ role: role(request), ...this.#met.get(request) }));
    const serve = (request: IncomingMessage, response: ServerResponse): Promise<void> =>
      name === 'writer' || name === 'recovery'
        ? this.#serveFaulty(name, request, response)
        : forward(request, response, this.#upstream);
    return Door.open(role, serve, log);
  }

  #shut(door: Door, id: string): void {
    const cut = door.shut((request) => this.#met.set(request, { fault: id, passedOn: false }));
    for (let index = 0; index < cut; index++) this.#choice.hit(id);
  }

  async #serveFaulty(role: FaultyRole, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const fault = this.#choice.choose({
      role,
      method,
      url,
      atUs: monotonicUs(),
      accessKey: accessKeyOf(request),
    });
    if (fault === null) return forward(request, response, this.#upstream);
    return this.#strike(fault, request, response);
  }

  async #strike(fault: RequestFault, request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#met.set(request, { fault: fault.id, passedOn: false });
    const pass = (shape: Shape): Promise<void> => {
      this.#met.set(request, { fault: fault.id, passedOn: true });
      return forward(request, response, this.#upstream, shape);
    };
    switch (fault.kind) {
      case 'store-status':
        return refuse(request, response, fault.status, fault.code);
      case 'store-key-revoked':
        return refuseItsKey(request, response);
      case 'store-stall':
        return keepWaiting(request, response);
      case 'store-truncated':
        return pass({ breakOff: 'close' });
      case 'store-reset':
        return isUpload(request) ? breakUpload(request) : pass({ breakOff: 'reset' });
      case 'store-slow': {
        const latencyMs = this.#choice.latencyMs(fault);
        return pass({ pace: this.#paceOf(fault), hold: () => sleep(latencyMs) });
      }
      case 'store-clock-skew': {
        const storeMs = storeTimeMs(fault);
        const sentMs = sentMsOf(request);
        if (sentMs !== null && isTooSkewed(sentMs, storeMs))
          return refuseForItsTime(request, response, storeMs);
        const secret = this.#options.secrets[accessKeyOf(request)] ?? '';
        const answered = { date: new Date(storeMs).toUTCString() };
        return pass({ asked: signedAnew(request, secret, Date.now()) ?? {}, answered });
      }
      default:
        throw new TypeError(`no such fault: ${String(fault satisfies never)}`);
    }
  }

  #paceOf({ id, bytesPerSecond }: Extract<RequestFault, { kind: 'store-slow' }>): Pace | null {
    if (bytesPerSecond === undefined) return null;
    const pace = this.#paces.get(id) ?? new Pace(bytesPerSecond);
    this.#paces.set(id, pace);
    return pace;
  }

  #portOf(name: StoreRole | 'main'): number {
    return (this.#doors.get(name) ?? this.#doors.get('main'))?.port ?? 0;
  }
}

/** The store's clock, where the host's is this machine's. */
function storeTimeMs({ by, clock }: Extract<RequestFault, { kind: 'store-clock-skew' }>): number {
  return Date.now() + (clock === 'ahead' ? -1 : 1) * durationMs(by);
}

function isUpload({ method }: IncomingMessage): boolean {
  return method === 'PUT' || method === 'POST';
}
