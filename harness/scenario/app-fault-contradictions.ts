import type { BucketFault } from './bucket-fault.ts';
import { type Contradiction, contradiction } from './contradiction.ts';
import { earliestKillMs } from './plan.ts';
import type { RecoveryFault } from './recovery-fault.ts';
import { durationMs, type Scenario } from './schema.ts';

type Fault = BucketFault | RecoveryFault;

/** Whether a fault strikes what was replicated, or what came back of it. */
export function isAppFault(fault: Scenario['faults'][number]): fault is Fault {
  return /^(bucket|recovery)-/.test(fault.kind);
}

/** What cannot be meant of a fault in the bucket, or of the recovery. `at`: the field of the fault. */
export function ofAppFault(fault: Fault, at: string, scenario: Scenario): Contradiction[] {
  return [
    ...('beforeKill' in fault ? ofInstant(fault.beforeKill, at, scenario) : []),
    ...('databases' in fault ? ofDatabases(fault.databases, neededBeside(fault), at, scenario) : []),
    ...ofDeletions(at, scenario),
    ...(fault.kind === 'bucket-renewed' && scenario.upgrades.length === 0
      ? [
          contradiction(
            'without an upgrade there is one layout, and nothing beside it to look newer than',
            at,
          ),
        ]
      : []),
    ...(fault.kind.startsWith('bucket-') && fault.kind !== 'bucket-renewed' && scenario.upgrades.length > 0
      ? [
          contradiction(
            'after an upgrade a replica has two layouts, and a restore may take the one that was not struck',
            at,
            'upgrades',
          ),
        ]
      : []),
    ...(fault.kind === 'bucket-object' && fault.at === 'each' && fault.databases === 1
      ? [
          contradiction(
            'each position needs a database of its own: there is one',
            `${at}.at`,
            `${at}.databases`,
          ),
        ]
      : []),
  ];
}

/** Which app it strikes is drawn: one that nobody restores would show nothing of it. */
function ofDeletions(at: string, { workload }: Scenario): Contradiction[] {
  if (workload.deletedRealms + workload.deletedApps === 0) return [];
  const message =
    'an app that is deleted during the load is not restored, and a fault in it would show nothing: leave the deletions out';
  return [contradiction(message, at, 'workload.deletedRealms', 'workload.deletedApps')];
}

function ofInstant(beforeKill: string, at: string, scenario: Scenario): Contradiction[] {
  if (durationMs(beforeKill) < earliestKillMs(scenario)) return [];
  return [
    contradiction(
      `${beforeKill} before the kill there may be no load yet`,
      `${at}.beforeKill`,
      'disaster.at',
      'disaster.earliest',
      'workload.duration',
    ),
  ];
}

/** Apps that must be there besides those that are damaged: whose bytes would be taken otherwise? */
function neededBeside(fault: Fault): number {
  const takes =
    fault.kind === 'recovery-wrong-tenant' || (fault.kind === 'bucket-object' && fault.damage === 'foreign');
  return takes ? 1 : 0;
}

function ofDatabases(databases: number, beside: number, at: string, { fleet }: Scenario): Contradiction[] {
  const busyApps = fleet.realms * fleet.appsPerRealm * (1 - fleet.idleShare);
  if (databases + beside <= busyApps) return [];
  const besides = beside === 0 ? '' : ' and one to take the bytes from';
  return [
    contradiction(
      `${databases} databases${besides}, but only ${Math.floor(busyApps)} apps are written to`,
      `${at}.databases`,
      'fleet.realms',
      'fleet.appsPerRealm',
      'fleet.idleShare',
    ),
  ];
}
