import { durationMs } from '../duration.ts';
import { messageOf } from '../errors.ts';
import { type Contradiction, contradiction } from './contradiction.ts';
import { earliestKillMs } from './plan.ts';
import type { Scenario } from './schema.ts';
import { faultyRole, isStoreFault, refusesTheHost, type StoreFault } from './store-fault.ts';

/** What cannot be meant in a fault of the store. `at`: its place in the scenario, as `faults.0`. */
export function ofStoreFault(fault: StoreFault, at: string, scenario: Scenario): Contradiction[] {
  return [
    ...ofWindow(fault, at, scenario),
    ...ofSelection(fault, at),
    ...ofSlowness(fault, at),
    ...ofClock(fault, at, scenario),
    ...ofRotation(fault, at, scenario),
  ];
}

/** What an alarm over a refusal is measured on; an error of the bucket does not say which of two faults it is of. */
export function ofStoreAlarm(at: string, faults: Scenario['faults']): Contradiction[] {
  if (!faults.some(refusesTheHost)) {
    const message =
      'storeAlarmMs is measured on refused requests of the host: declare a store-status 403, a store-key-revoked or a store-refused';
    return [contradiction(message, at, 'faults')];
  }
  return faults.flatMap((fault, index) => {
    if (!isStoreFault(fault) || faultyRole(fault) !== 'writer' || refusesTheHost(fault)) return [];
    const message = `storeAlarmMs cannot tell an alarm over a refusal from one over ${fault.id}: remove one`;
    return [contradiction(message, at, `faults.${index}`)];
  });
}

/** One that the kill can overtake before it has begun would not be one. */
function ofWindow(fault: StoreFault, at: string, scenario: Scenario): Contradiction[] {
  const found: Contradiction[] = [];
  const killMs = earliestKillMs(scenario);
  if (faultyRole(fault) === 'writer' && durationMs(fault.from) >= killMs) {
    const message = `the fault from ${fault.from} on may come after the disaster, which is possible from ${killMs} ms on`;
    const others = ['disaster.at', 'disaster.earliest', 'workload.duration'];
    found.push(contradiction(message, `${at}.from`, ...others));
  }
  if ('for' in fault && fault.for !== undefined && durationMs(fault.for) === 0) {
    found.push(contradiction('a fault that lasts no time is none', `${at}.for`));
  }
  return found;
}

/** Nobody asks by a key that has been replaced. */
function ofRotation(fault: StoreFault, at: string, { faults }: Scenario): Contradiction[] {
  if (fault.kind !== 'store-key-revoked') return [];
  const index = faults.findIndex(
    (other) =>
      other.kind === 'host-kill' &&
      other.startAgainWith !== undefined &&
      durationMs(other.at) <= durationMs(fault.from),
  );
  if (index < 0) return [];
  const message = `the host has its new key by ${fault.from}: nobody would be refused`;
  return [contradiction(message, `${at}.from`, `faults.${index}.at`)];
}

function ofSelection(fault: StoreFault, at: string): Contradiction[] {
  if (fault.kind === 'store-refused' || fault.kind === 'store-clock-skew') return [];
  if (fault.kind === 'store-key-revoked') return [];
  const found: Contradiction[] = [];
  if (fault.kind === 'store-status' && fault.code !== undefined && fault.status !== 403)
    found.push(contradiction(`${fault.code} is said with a 403`, `${at}.code`, `${at}.status`));
  if (fault.count !== undefined && fault.probability !== undefined) {
    const message = 'either the first so many requests or a share of them: remove count or probability';
    found.push(contradiction(message, `${at}.probability`, `${at}.count`));
  }
  const problem = patternProblem(fault.keys);
  if (problem !== null) found.push(contradiction(problem, `${at}.keys`));
  const { methods = [] } = fault;
  for (const [index, method] of methods.entries()) {
    if (methods.indexOf(method) < index)
      found.push(contradiction(`${method} is there twice`, `${at}.methods.${index}`));
  }
  if (fault.role === 'recovery' && methods.length > 0 && !methods.some((method) => READS.has(method))) {
    const message = `a restore only reads: ${methods.join(', ')} would never be met`;
    found.push(contradiction(message, `${at}.methods`, `${at}.role`));
  }
  return found;
}

/** Whoever is refused for another reason does not come to be judged by the clock, and one request has one fault. */
function ofClock(fault: StoreFault, at: string, { faults }: Scenario): Contradiction[] {
  if (fault.kind !== 'store-clock-skew') return [];
  const found: Contradiction[] = [];
  if (durationMs(fault.by) === 0) {
    found.push(contradiction('clocks that are no time apart are not apart', `${at}.by`));
  }
  const index = faults.findIndex(
    (other) => isStoreFault(other) && other.id !== fault.id && faultyRole(other) === fault.role,
  );
  if (index >= 0) {
    const message = `a request meets one fault at most: ${faults[index]?.id} and ${fault.id} would share them`;
    found.push(contradiction(message, at, `faults.${index}`));
  }
  return found;
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'LIST']);

function ofSlowness(fault: StoreFault, at: string): Contradiction[] {
  if (fault.kind !== 'store-slow') return [];
  const { latency, bytesPerSecond } = fault;
  if ((latency === undefined || durationMs(latency.max) === 0) && bytesPerSecond === undefined) {
    return [contradiction('neither latency nor bytesPerSecond: nothing would be slow', at)];
  }
  if (latency === undefined || durationMs(latency.min) <= durationMs(latency.max)) return [];
  const message = `min ${latency.min} is more than max ${latency.max}`;
  return [contradiction(message, `${at}.latency.min`, `${at}.latency.max`)];
}

function patternProblem(keys: string | undefined): string | null {
  try {
    RegExp(keys ?? '', 'u');
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
