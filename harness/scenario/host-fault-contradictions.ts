import { type Contradiction, contradiction } from './contradiction.ts';
import { type HostFault, isLasting } from './host-fault.ts';
import { hostFaultLengthMs } from './host-fault-length.ts';
import { strictestMax } from './metrics.ts';
import { earliestKillMs } from './plan.ts';
import { durationMs, type Scenario } from './schema.ts';

/** What cannot be meant of a fault of the host. `at`: the field of the fault. */
export function ofHostFault(fault: HostFault, at: string, scenario: Scenario): Contradiction[] {
  return [
    ...ofItsTime(fault, at, scenario),
    ...('databases' in fault ? ofItsDatabases(fault.databases, at, scenario) : []),
    ...ofItsKind(fault, at, scenario),
  ];
}

/** A fault that the disaster overtakes would not have been one. */
function ofItsTime(fault: HostFault, at: string, scenario: Scenario): Contradiction[] {
  if (isLasting(fault)) return [];
  const killMs = earliestKillMs(scenario);
  const endMs = durationMs(fault.at) + hostFaultLengthMs(fault);
  if (endMs < killMs) return [];
  const message = `it ends ${endMs} ms after the start of the load, and the disaster is possible from ${killMs} ms on`;
  return [contradiction(message, `${at}.at`, 'disaster.at', 'disaster.earliest', 'workload.duration')];
}

function ofItsDatabases(databases: number, at: string, { fleet }: Scenario): Contradiction[] {
  const busyApps = fleet.realms * fleet.appsPerRealm * (1 - fleet.idleShare);
  if (databases <= busyApps) return [];
  const message = `${databases} databases, but only ${Math.floor(busyApps)} apps are written to`;
  return [contradiction(message, `${at}.databases`, 'fleet.realms', 'fleet.appsPerRealm', 'fleet.idleShare')];
}

function ofItsKind(fault: HostFault, at: string, scenario: Scenario): Contradiction[] {
  switch (fault.kind) {
    case 'host-kill':
      return ofKill(fault, at, scenario);
    case 'host-database':
      return ofDatabase(fault, at, scenario);
    case 'host-disk-full':
      return [
        ...ofChanges('no realm or app can be created on a full disk', at, scenario),
        ...ofTheDisk('a host has one disk, which is full once', at, scenario),
      ];
    case 'host-slow-disk':
      return ofSlowDisk(fault, at, scenario);
    case 'host-second-writer':
      return ofSecondWriter(fault, at, scenario);
    case 'host-limit':
      return fault.openFiles === undefined && fault.memoryMb === undefined
        ? [contradiction('neither openFiles nor memoryMb: nothing would be limited', at)]
        : [];
    case 'host-config':
      return scenario.supervisor.command === undefined
        ? [contradiction('our supervisor makes no such mistake: say which command does', at, 'supervisor')]
        : [];
    case 'host-freeze':
    case 'host-reader':
      return fault.for !== undefined && durationMs(fault.for) === 0
        ? [contradiction('a fault that lasts no time is none', `${at}.for`)]
        : [];
    default:
      return fault satisfies never;
  }
}

function ofKill(
  fault: Extract<HostFault, { kind: 'host-kill' }>,
  at: string,
  scenario: Scenario,
): Contradiction[] {
  const isAgain = fault.startAgainAfter !== undefined;
  return [
    ...(fault.process === 'litestream' && isAgain
      ? [
          contradiction(
            'a dead Litestream is for its supervisor to start again',
            `${at}.startAgainAfter`,
            `${at}.process`,
          ),
        ]
      : []),
    ...(fault.times > 1 && fault.process !== 'litestream' && !isAgain
      ? [
          contradiction(
            `a ${fault.process} that is not started again cannot end ${fault.times} times`,
            `${at}.times`,
            `${at}.process`,
            `${at}.startAgainAfter`,
          ),
        ]
      : []),
    ...ofNewKey(fault, at),
    ...(fault.process === 'writer'
      ? ofChanges('a killed writer carries out no changes of tenants', at, scenario)
      : []),
  ];
}

function ofNewKey(
  { startAgainWith, startAgainAfter, process }: Extract<HostFault, { kind: 'host-kill' }>,
  at: string,
): Contradiction[] {
  if (startAgainWith === undefined) return [];
  if (startAgainAfter === undefined) {
    const message = 'who is not started again gets no key: say startAgainAfter';
    return [contradiction(message, `${at}.startAgainWith`)];
  }
  if (process === 'supervisor' || process === 'replication') return [];
  const message = `the key is the supervisor's: a ${process} has none`;
  return [contradiction(message, `${at}.startAgainWith`, `${at}.process`)];
}

/** Each of these faults makes the disk anew. */
function ofTheDisk(message: string, at: string, { faults }: Scenario): Contradiction[] {
  const ofDisk = faults.filter(({ kind }) => kind === 'host-disk-full' || kind === 'host-slow-disk');
  return ofDisk.length === 1 ? [] : [contradiction(message, `${at}.kind`)];
}

function ofSlowDisk(
  { writesPerSecond, bytesPerSecond }: Extract<HostFault, { kind: 'host-slow-disk' }>,
  at: string,
  scenario: Scenario,
): Contradiction[] {
  const isLimited = scenario.faults.some(
    (other) => other.kind === 'host-limit' && other.memoryMb !== undefined,
  );
  return [
    ...ofTheDisk('a host has one disk, which is slow once', at, scenario),
    ...(writesPerSecond === undefined && bytesPerSecond === undefined
      ? [contradiction('neither writesPerSecond nor bytesPerSecond: nothing would be slow', at)]
      : []),
    ...(isLimited
      ? [
          contradiction(
            'a process is in one control group: slow its disk or limit its memory',
            `${at}.kind`,
            'faults',
          ),
        ]
      : []),
  ];
}

/** It knows what was there when it opened them, and a row or table that is gone would be a mistake of the drill's. */
function ofSecondWriter(
  fault: Extract<HostFault, { kind: 'host-second-writer' }>,
  at: string,
  scenario: Scenario,
): Contradiction[] {
  const { workload, faults, secondHost } = scenario;
  const needs = (isMet: boolean, message: string, field: string): Contradiction[] =>
    isMet ? [] : [contradiction(message, `${at}.kind`, field)];
  const { recordMix, newRealms, newApps, deletedRealms, deletedApps } = workload;
  const others = faults.filter(
    (other) =>
      other !== fault &&
      ((other.kind === 'host-database' && (other.do === 'recreate' || other.do.startsWith('replace-'))) ||
        (other.kind === 'host-kill' && other.process === 'writer')),
  );
  const lengthOfOneMs = 1000 / fault.writesPerSecond;
  return [
    ...ofWalReused(fault, at, scenario),
    ...(durationMs(fault.hold) < lengthOfOneMs
      ? []
      : [
          contradiction(
            'it holds the lock for longer than its writes are apart',
            `${at}.hold`,
            `${at}.writesPerSecond`,
          ),
        ]),
    ...needs(
      recordMix?.delete === 0,
      'beside a second writer the application must neither delete nor change its schema: give a recordMix without delete',
      'workload.recordMix',
    ),
    ...needs(
      workload.writers === 1,
      'the ledger of a second writer is that of the one writer',
      'workload.writers',
    ),
    ...needs(
      newRealms + newApps + deletedRealms + deletedApps === 0,
      'the apps that it writes to must not be deleted meanwhile',
      'workload',
    ),
    ...needs(
      others.length === 0,
      'it would go on writing to what was replaced, or be taken for who was killed',
      'faults',
    ),
    ...needs(secondHost === undefined, 'a second host knows the first writer alone', 'secondHost'),
  ];
}

/** Its own writes make the WAL longer; only behind them can it be gone over. */
function ofWalReused(
  fault: Extract<HostFault, { kind: 'host-second-writer' }>,
  at: string,
  scenario: Scenario,
): Contradiction[] {
  if (fault.walReused === undefined) return [];
  const leftMs = earliestKillMs(scenario) - durationMs(fault.at) - durationMs(fault.for);
  // That it ends after the disaster is said of its time.
  if (leftMs <= 0 || durationMs(fault.walReused.for) < leftMs) return [];
  const message = `${leftMs} ms after its last write the disaster is possible: no WAL can have been reused for so long`;
  return [contradiction(message, `${at}.walReused.for`, `${at}.for`, 'disaster.at', 'disaster.earliest')];
}

function ofDatabase(
  fault: Extract<HostFault, { kind: 'host-database' }>,
  at: string,
  scenario: Scenario,
): Contradiction[] {
  const isNew = fault.do === 'recreate' || fault.do.startsWith('replace-');
  return [
    ...((fault.do === 'journal-mode') === (fault.for !== undefined)
      ? []
      : [
          contradiction(
            fault.do === 'journal-mode'
              ? 'journal-mode needs to know for how long'
              : `${fault.do} is done at once, and has no length`,
            `${at}.${fault.do === 'journal-mode' ? 'do' : 'for'}`,
          ),
        ]),
    ...(isNew ? ofItsAge(fault, at, scenario) : []),
    ...(isNew && fault.times > 1
      ? [contradiction(`${fault.do} is done once to a database`, `${at}.times`, `${at}.do`)]
      : []),
    ...(isNew && fault.need === 'tried'
      ? [contradiction(`no lock keeps ${fault.do} from its end`, `${at}.need`, `${at}.do`)]
      : []),
    ...ofChanges('the apps that it meets must not be deleted meanwhile', at, scenario),
    ...(isNew && scenario.hooks.perApp > 0
      ? [
          contradiction(
            'the hooks of an app outlive it, and would be held against the new one: leave them out',
            `${at}.do`,
            'hooks.perApp',
          ),
        ]
      : []),
    ...(fault.do.startsWith('replace-') && scenario.blobs.backend === 's3'
      ? [
          contradiction(
            'which blobs a replaced database names is looked up beside it, and they are in S3',
            `${at}.do`,
            'blobs.backend',
          ),
        ]
      : []),
    ...(fault.do === 'recreate' && scenario.blobs.backend === 's3'
      ? [
          contradiction(
            'a blob on its way to S3 when its app is recreated would be noted of the new one',
            `${at}.do`,
            'blobs.backend',
          ),
        ]
      : []),
    ...(scenario.secondHost === undefined || !isNew
      ? []
      : [contradiction('a second host knows the first life of an app alone', `${at}.do`, 'secondHost')]),
  ];
}

/**
 * A database is as young as its file. One that is made anew within the accepted loss would not have to come back, although
 * what had been in its place was promised long before.
 */
function ofItsAge(fault: { readonly at: string }, at: string, scenario: Scenario): Contradiction[] {
  const { objectives, supervisor } = scenario;
  const expressions = objectives.map((expression) => ({ expression }));
  const acceptedMs = strictestMax(expressions, 'rpoMs') ?? supervisor.replicateIntervalSec * 1000;
  const ageMs = earliestKillMs(scenario) - durationMs(fault.at);
  if (ageMs > acceptedMs) return [];
  const message = `what it makes anew ${ageMs} ms before the disaster would be excused as young, or come back as what it was before: the loss of ${acceptedMs} ms that the objectives accept reaches back to it, so do it earlier`;
  return [contradiction(message, `${at}.at`, 'objectives', 'disaster', 'workload.duration')];
}

function ofChanges(message: string, at: string, { workload }: Scenario): Contradiction[] {
  const { newRealms, newApps, deletedRealms, deletedApps } = workload;
  if (newRealms + newApps + deletedRealms + deletedApps === 0) return [];
  return [
    contradiction(
      message,
      `${at}.kind`,
      'workload.newRealms',
      'workload.newApps',
      'workload.deletedRealms',
      'workload.deletedApps',
    ),
  ];
}
