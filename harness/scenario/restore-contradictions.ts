import { type Contradiction, contradiction } from './contradiction.ts';
import type { HostDatabase } from './host-fault.ts';
import { earliestKillMs } from './plan.ts';
import { durationMs, type Scenario } from './schema.ts';

/** What had been uploaded by when must be plain, and the window must be one that the drill has. */
export function ofInstants(scenario: Scenario): Contradiction[] {
  const { recovery, upgrades, secondHost } = scenario;
  const { instants } = recovery;
  if (instants === undefined) {
    const message = 'point-in-time is no part of a drill without instants: say recovery.instants';
    return scenario.mustFail.includes('point-in-time') ? [contradiction(message, 'mustFail')] : [];
  }
  const found: Contradiction[] = [];
  if (recovery.secondLife) {
    const message =
      'a second life uploads to the prefix whose instants are asked for: set secondLife to false';
    found.push(contradiction(message, 'recovery.instants', 'recovery.secondLife'));
  }
  const killMs = earliestKillMs(scenario);
  if (instants.within !== undefined && durationMs(instants.within) === 0) {
    found.push(contradiction('a window of no time has no instant in it', 'recovery.instants.within'));
  }
  if (instants.within !== undefined && durationMs(instants.within) > killMs) {
    const message = `a window of ${instants.within} may begin before the load: the disaster is possible from ${killMs} ms on`;
    const others = ['disaster.at', 'disaster.earliest', 'workload.duration'];
    found.push(contradiction(message, 'recovery.instants.within', ...others));
  }
  if (upgrades.length > 0) {
    const message = 'with an upgrade it is not said from which of the two layouts an instant comes back';
    found.push(contradiction(message, 'recovery.instants', 'upgrades'));
  }
  if (secondHost !== undefined) {
    const message = 'two hosts on one prefix leave no instant of which one could say what it should hold';
    found.push(contradiction(message, 'recovery.instants', 'secondHost'));
  }
  if (recovery.layout === 'any') {
    const message = 'instants are restored from where the page puts a database: leave layout out';
    found.push(contradiction(message, 'recovery.instants', 'recovery.layout'));
  }
  return found;
}

/** It must end before the disaster, and what it has to find must be plain. */
export function ofRehearsal(scenario: Scenario): Contradiction[] {
  const { rehearsal, faults, mustFail, secondHost, upgrades, workload } = scenario;
  if (rehearsal === undefined) {
    const message = 'there is no rehearsal that could fail: say when it is to be';
    return mustFail.includes('rehearsal') ? [contradiction(message, 'mustFail')] : [];
  }
  const found: Contradiction[] = [];
  const killMs = earliestKillMs(scenario);
  if (durationMs(rehearsal.at) >= killMs) {
    const message = `the rehearsal at ${rehearsal.at} may come after the disaster, which is possible from ${killMs} ms on`;
    const others = ['disaster.at', 'disaster.earliest', 'workload.duration'];
    found.push(contradiction(message, 'rehearsal.at', ...others));
  }
  if (upgrades.length > 0 || secondHost !== undefined) {
    const message = 'a rehearsal needs one host and one Litestream: what is in the bucket must be plain';
    const other = upgrades.length > 0 ? 'upgrades' : 'secondHost';
    found.push(contradiction(message, 'rehearsal', other));
  }
  const { newRealms, newApps, deletedRealms, deletedApps } = workload;
  if (newRealms + newApps + deletedRealms + deletedApps > 0) {
    const message = 'a rehearsal is held against tenants that neither come nor go: leave the changes out';
    found.push(contradiction(message, 'rehearsal', 'workload'));
  }
  for (const [index, fault] of faults.entries()) {
    if (fault.kind !== 'host-database' || !BECOMES_ANOTHER.has(fault.do)) continue;
    const message = `a rehearsal is held against files that stay what they are: leave ${fault.do} out`;
    found.push(contradiction(message, 'rehearsal', `faults.${index}.do`));
  }
  return found;
}

/** What makes another database of a file, or another mode: a rehearsal may legally bring back either. */
const BECOMES_ANOTHER: ReadonlySet<HostDatabase['do']> = new Set<HostDatabase['do']>([
  'recreate',
  'replace-by-rename',
  'replace-by-copy',
  'journal-mode',
]);
