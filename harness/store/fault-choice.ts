import { durationMs } from '../duration.ts';
import { type Random, randomFor } from '../random.ts';
import { type FaultyRole, faultyRole, type RequestFault, type StoreFault } from '../scenario/store-fault.ts';
import { s3Request } from './s3-request.ts';

/** A request as a fault is chosen for it. */
export interface AskedFor {
  readonly role: FaultyRole;
  readonly method: string;
  readonly url: string;
  readonly atUs: number;
  /** Absent: it is not signed, or nobody looks at that. */
  readonly accessKey?: string;
}

/**
 * Which fault meets which request. Nothing is met before its phase has begun (the load for the host, the restore for
 * the recovery) and nothing after it has ended: a host that should be dead must be seen to go on, whatever was declared.
 */
export class FaultChoice {
  readonly #faults: readonly RequestFault[];
  readonly #random: ReadonlyMap<string, Random>;
  readonly #begunUs = new Map<FaultyRole, number>();
  readonly #hits: Map<string, number>;
  readonly #hostKey: string | null;

  /** `hostKey`: the access key that a host begins with. */
  constructor(faults: readonly StoreFault[], seed: number, hostKey: string | null = null) {
    this.#hostKey = hostKey;
    this.#faults = faults.filter((fault) => fault.kind !== 'store-refused');
    this.#random = new Map(faults.map(({ id }) => [id, randomFor(seed, `fault/${id}`)]));
    this.#hits = new Map(faults.map(({ id }) => [id, 0]));
  }

  begin(role: FaultyRole, atUs: number): void {
    this.#begunUs.set(role, atUs);
  }

  end(role: FaultyRole): void {
    this.#begunUs.delete(role);
  }

  /** How many requests, or cut connections, each fault has met so far. */
  hits(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#hits);
  }

  hit(id: string): void {
    this.#hits.set(id, (this.#hits.get(id) ?? 0) + 1);
  }

  /** The first of the declared faults that wants this request; it is counted. null: none does. */
  choose(asked: AskedFor): RequestFault | null {
    const begunUs = this.#begunUs.get(asked.role);
    if (begunUs === undefined) return null;
    const chosen = this.#faults.find(
      (fault) =>
        faultyRole(fault) === asked.role &&
        isWithin(fault, (asked.atUs - begunUs) / 1000) &&
        this.#concerns(fault, asked) &&
        this.#draw(fault),
    );
    if (chosen === undefined) return null;
    this.hit(chosen.id);
    return chosen;
  }

  /** A time drawn evenly for this fault. */
  latencyMs(fault: Extract<RequestFault, { kind: 'store-slow' }>): number {
    if (fault.latency === undefined) return 0;
    const [min, max] = [durationMs(fault.latency.min), durationMs(fault.latency.max)];
    return min + (this.#random.get(fault.id)?.float() ?? 0) * (max - min);
  }

  #concerns(fault: RequestFault, { method, url, accessKey }: AskedFor): boolean {
    if (fault.kind === 'store-clock-skew') return true;
    if (fault.kind === 'store-key-revoked') return accessKey !== undefined && accessKey === this.#hostKey;
    const { methods, keys } = fault;
    const { kind, key } = s3Request(method, url);
    if (methods !== undefined && !methods.some((wanted) => wanted === kind)) return false;
    return keys === undefined || RegExp(keys, 'u').test(key);
  }

  #draw(fault: RequestFault): boolean {
    if (fault.kind === 'store-clock-skew' || fault.kind === 'store-key-revoked') return true;
    const { id, count, probability } = fault;
    if (count !== undefined) return (this.#hits.get(id) ?? 0) < count;
    return probability === undefined || (this.#random.get(id)?.float() ?? 1) < probability;
  }
}

/** The window of a fault in ms after the beginning of its phase; it ends with the phase at the latest. */
export function windowMs(fault: StoreFault): { readonly fromMs: number; readonly toMs: number } {
  const fromMs = durationMs(fault.from);
  const length = 'for' in fault ? fault.for : undefined;
  return { fromMs, toMs: length === undefined ? Number.POSITIVE_INFINITY : fromMs + durationMs(length) };
}

function isWithin(fault: RequestFault, elapsedMs: number): boolean {
  const { fromMs, toMs } = windowMs(fault);
  return elapsedMs >= fromMs && elapsedMs < toMs;
}
