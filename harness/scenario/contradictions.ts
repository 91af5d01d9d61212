import { isAppFault, ofAppFault } from './app-fault-contradictions.ts';
import { type Contradiction, contradiction } from './contradiction.ts';
import { ofHostFault } from './host-fault-contradictions.ts';
import { endsSupervisorInOrder } from './host-fault.ts';
import { ofExpectations } from './expectation.ts';
import type { Path } from './positions.ts';
import { parseObjective, strictestMax } from './metrics.ts';
import { earliestKillMs } from './plan.ts';
import { durationMs, type Scenario } from './schema.ts';
import { ofShapes } from './shapes.ts';
import { ofInstants, ofRehearsal } from './restore-contradictions.ts';
import { isStoreFault } from './store-fault.ts';
import { ofStoreAlarm, ofStoreFault } from './store-fault-contradictions.ts';

/** Everything in a scenario that cannot be meant. */
export function contradictionsIn(scenario: Scenario): Contradiction[] {
  return [
    ...ofFleet(scenario),
    ...ofWorkload(scenario),
    ...ofBirths(scenario),
    ...ofBlobs(scenario),
    ...ofHooks(scenario),
    ...ofDisaster(scenario),
    ...ofUploadStall(scenario),
    ...ofExpectations(scenario),
    ...ofMatrix(scenario),
    ...ofUpgrades(scenario),
    ...ofRunbook(scenario),
    ...ofInstants(scenario),
    ...ofRehearsal(scenario),
    ...ofFaults(scenario),
    ...ofSecondHost(scenario),
    ...ofObjectives(scenario),
  ];
}

function ofFleet({ fleet }: Scenario): Contradiction[] {
  const { min, max } = fleet.rowsPerApp;
  const found = ofShapes(fleet);
  if (min > max) {
    const message = `min ${min} is more than max ${max}`;
    found.push(contradiction(message, 'fleet.rowsPerApp.min', 'fleet.rowsPerApp.max'));
  }
  return found;
}

function ofWorkload({ fleet, workload }: Scenario): Contradiction[] {
  const found: Contradiction[] = [];
  const apps = fleet.realms * fleet.appsPerRealm;
  if (workload.deletedRealms > fleet.realms) {
    const message = `${workload.deletedRealms} realms cannot be deleted from a fleet of ${fleet.realms}`;
    found.push(contradiction(message, 'workload.deletedRealms', 'fleet.realms'));
  }
  if (workload.deletedApps > apps) {
    const message = `${workload.deletedApps} apps cannot be deleted from a fleet of ${apps}`;
    found.push(contradiction(message, 'workload.deletedApps', 'fleet.realms', 'fleet.appsPerRealm'));
  }
  const { recordMix } = workload;
  if (recordMix !== undefined && recordMix.create + recordMix.update + recordMix.delete === 0) {
    found.push(contradiction('a mix without a share above 0 has no write in it', 'workload.recordMix'));
  }
  if (workload.newApps > 0 && fleet.realms + workload.newRealms === 0) {
    const message = `${workload.newApps} new apps need a realm to live in, and there is none`;
    found.push(contradiction(message, 'workload.newApps', 'fleet.realms', 'workload.newRealms'));
  }
  return found;
}

function ofBirths({ fleet, workload, blobs, faults }: Scenario): Contradiction[] {
  const { newApps, newAppsBy } = workload;
  if (newAppsBy.every((by) => by === 'created')) return [];
  const found: Contradiction[] = [];
  const refuse = (message: string, ...fields: readonly string[]): void =>
    void found.push(contradiction(message, 'workload.newAppsBy', ...fields));
  if (newApps < newAppsBy.length)
    refuse(`${newApps} new apps cannot come in ${newAppsBy.length} ways`, 'workload.newApps');
  if (fleet.realms * fleet.appsPerRealm === 0)
    refuse('there is no app that another could be made from', 'fleet.realms', 'fleet.appsPerRealm');
  if (blobs.backend === 's3')
    refuse('the folder of an app has its blobs with it, and in S3 nobody would copy them', 'blobs.backend');
  if (faults.some(({ kind }) => kind === 'host-slow-disk'))
    refuse(
      'a folder is renamed into place on one disk, and the databases have the slow one to themselves',
      'faults',
    );
  return found;
}

function ofBlobs({ blobs }: Scenario): Contradiction[] {
  const found: Contradiction[] = [];
  const { min, max } = blobs.sizeBytes;
  if (min > max) {
    const message = `min ${min} is more than max ${max}`;
    found.push(contradiction(message, 'blobs.sizeBytes.min', 'blobs.sizeBytes.max'));
  }
  if (blobs.backend === 's3' && blobs.mirrorIntervalSec !== undefined) {
    const message = 'blobs in S3 are not mirrored: remove mirrorIntervalSec, or use the local backend';
    found.push(contradiction(message, 'blobs.mirrorIntervalSec', 'blobs.backend'));
  }
  return found;
}

function ofHooks({ hooks, fleet }: Scenario): Contradiction[] {
  const found: Contradiction[] = [];
  if (hooks.liveEdits > 0 && hooks.perApp === 0) {
    const message = `${hooks.liveEdits} live edits need hooks in version control to differ from`;
    found.push(contradiction(message, 'hooks.liveEdits', 'hooks.perApp'));
  }
  if (hooks.perApp > 0 && fleet.realms * fleet.appsPerRealm === 0) {
    const message = 'hooks belong to apps, and the fleet has none';
    found.push(contradiction(message, 'hooks.perApp', 'fleet.realms', 'fleet.appsPerRealm'));
  }
  return found;
}

function ofFaults(scenario: Scenario): Contradiction[] {
  const { faults } = scenario;
  return faults.flatMap((fault, index) => [
    ...(faults.findIndex(({ id }) => id === fault.id) === index
      ? []
      : [contradiction(`there are two faults called ${fault.id}`, `faults.${index}.id`)]),
    ...(faults.findIndex(({ kind }) => kind === fault.kind) < index && fault.kind === 'recovery-dirty-host'
      ? [
          contradiction(
            `the same folders are tried once: say ${fault.kind} no second time`,
            `faults.${index}`,
          ),
        ]
      : []),
    ...ofFault(fault, `faults.${index}`, scenario),
  ]);
}

function ofFault(fault: Scenario['faults'][number], at: string, scenario: Scenario): Contradiction[] {
  if (isStoreFault(fault)) return ofStoreFault(fault, at, scenario);
  return isAppFault(fault) ? ofAppFault(fault, at, scenario) : ofHostFault(fault, at, scenario);
}

function ofDisaster({ disaster, workload, protection, timeout }: Scenario): Contradiction[] {
  const found: Contradiction[] = [];
  if (disaster.at === 'first-sync' && protection.await) {
    const message =
      'the first sync is over before a load that waits for protection: set protection.await to false';
    found.push(contradiction(message, 'disaster.at', 'protection.await'));
  }
  const loadMs = durationMs(workload.duration);
  if (loadMs === 0)
    found.push(contradiction('no load leaves nothing to lose: use a longer one', 'workload.duration'));
  const isFixed = !['random', 'first-sync', 'upload-stall'].includes(disaster.at);
  if (isFixed && durationMs(disaster.at) > loadMs) {
    const message = `the disaster at ${disaster.at} comes after the load of ${workload.duration}`;
    found.push(contradiction(message, 'disaster.at', 'workload.duration'));
  }
  if (disaster.at !== 'random' && disaster.earliest !== undefined) {
    const message = `earliest has no meaning beside the ${isFixed ? 'fixed instant ' : ''}${disaster.at}: remove one`;
    found.push(contradiction(message, 'disaster.earliest', 'disaster.at'));
  } else if (disaster.earliest !== undefined && durationMs(disaster.earliest) > loadMs) {
    const message = `earliest ${disaster.earliest} is after the load of ${workload.duration}`;
    found.push(contradiction(message, 'disaster.earliest', 'workload.duration'));
  }
  if (durationMs(timeout) <= loadMs) {
    const message = `the drill's limit of ${timeout} does not even leave time for the load of ${workload.duration}`;
    found.push(contradiction(message, 'timeout', 'workload.duration'));
  }
  return found;
}

function ofUploadStall({ disaster, fleet, workload }: Scenario): Contradiction[] {
  const { at, uploadStall: stall } = disaster;
  if (at !== 'upload-stall') {
    const message = 'a stall to wait for needs "at: upload-stall"';
    return stall === undefined ? [] : [contradiction(message, 'disaster.uploadStall', 'disaster.at')];
  }
  if (stall === undefined) {
    const message = 'at: upload-stall needs uploadStall: of how many databases, and for how long';
    return [contradiction(message, 'disaster.at', 'disaster.uploadStall')];
  }
  const found: Contradiction[] = [];
  const busyApps = Math.floor(fleet.realms * fleet.appsPerRealm * (1 - fleet.idleShare));
  if (stall.databases > busyApps) {
    const message = `${stall.databases} databases, but only ${busyApps} apps are written to`;
    found.push(
      contradiction(
        message,
        'disaster.uploadStall.databases',
        'fleet.realms',
        'fleet.appsPerRealm',
        'fleet.idleShare',
      ),
    );
  }
  if (workload.deletedRealms + workload.deletedApps > 0) {
    const message =
      'an app that is deleted during the load has no more uploads, which is no stall: leave the deletions out';
    found.push(
      contradiction(message, 'disaster.uploadStall', 'workload.deletedRealms', 'workload.deletedApps'),
    );
  }
  if (durationMs(stall.for) >= durationMs(workload.duration)) {
    const message = `a stall of ${stall.for} cannot be seen in a load of ${workload.duration}`;
    found.push(contradiction(message, 'disaster.uploadStall.for', 'workload.duration'));
  }
  return found;
}

/** The same combination twice is a slip. */
function ofMatrix({ matrix }: Scenario): Contradiction[] {
  const versions = (matrix?.litestream ?? []).map((cell) => (typeof cell === 'string' ? cell : cell.version));
  const stores = matrix?.stores ?? [];
  const twice = (values: readonly string[], field: string, words: string): Contradiction[] =>
    values.flatMap((value, index) => {
      const at: Path = ['matrix', field, index];
      if (values.indexOf(value) === index) return [];
      return [{ at, fields: [at], message: `${words} ${value} is there twice` }];
    });
  return [...twice(versions, 'litestream', 'version'), ...twice(stores, 'stores', 'the store')];
}

/** Its load is drawn from the seeded tenants, and a second host that the kill overtakes would not be one. */
function ofSecondHost(scenario: Scenario): Contradiction[] {
  const { secondHost, workload } = scenario;
  if (secondHost === undefined) return [];
  const found: Contradiction[] = [];
  const killMs = earliestKillMs(scenario);
  if (durationMs(secondHost.at) >= killMs) {
    const message = `the second host at ${secondHost.at} may come after the disaster, which is possible from ${killMs} ms on`;
    found.push(
      contradiction(message, 'secondHost.at', 'disaster.at', 'disaster.earliest', 'workload.duration'),
    );
  }
  const { newRealms, newApps, deletedRealms, deletedApps } = workload;
  if (newRealms + newApps + deletedRealms + deletedApps > 0) {
    const message = 'a second host knows only tenants that neither come nor go: leave the changes out';
    found.push(contradiction(message, 'secondHost', 'workload'));
  }
  return found;
}

/** An upgrade that the kill overtakes would not be one. */
function ofUpgrades(scenario: Scenario): Contradiction[] {
  const killMs = earliestKillMs(scenario);
  let beforeMs = -1;
  return scenario.upgrades.flatMap(({ at: instant }, index) => {
    const at: Path = ['upgrades', index, 'at'];
    const atMs = durationMs(instant);
    const late = atMs >= killMs;
    const unordered = atMs <= beforeMs;
    beforeMs = atMs;
    if (late) {
      const message = `the upgrade at ${instant} may come after the disaster, which is possible from ${killMs} ms on`;
      return [
        { at, fields: [at, ['disaster', 'at'], ['disaster', 'earliest'], ['workload', 'duration']], message },
      ];
    }
    return unordered
      ? [{ at, fields: [at], message: `the upgrade at ${instant} is not after the one before it` }]
      : [];
  });
}

/** The page has its operator type a command a database. */
const MOST_TYPED = 30;

function ofRunbook({ recovery, fleet, workload }: Scenario): Contradiction[] {
  if (recovery.runbook === 'ours') return [];
  const { realms, appsPerRealm } = fleet;
  const databases = 1 + realms * (1 + appsPerRealm) + workload.newRealms + workload.newApps;
  if (databases <= MOST_TYPED) return [];
  const message = `the documented runbook restores one database after the other by hand: ${databases} are too many, at most ${MOST_TYPED}`;
  return [contradiction(message, 'recovery.runbook', 'fleet.realms', 'fleet.appsPerRealm')];
}

const INSTANT_METRICS: ReadonlySet<string> = new Set(['pointInTimeRpoMs', 'pointInTimeRestoreMs']);

const LOSS_METRICS = ['rpoMs', 'lostWrites', 'lostWritesBeyondRpo'] as const;

const SPACE_METRICS: ReadonlySet<string> = new Set(['spaceAlarmLeadMs', 'spaceAlarmEndMs']);

/** Clocks of the recovery that run from the kill on. */
const SINCE_KILL: ReadonlySet<string> = new Set(['rtoMs', 'firstDatabaseMs', 'protectedAgainMs']);

const HOOK_METRICS: ReadonlySet<string> = new Set(['lostHookEdits', 'acknowledgedHookEdits']);

function ofObjectives(scenario: Scenario): Contradiction[] {
  const { objectives, recovery, hooks, faults } = scenario;
  const found: Contradiction[] = [];
  // A share of the databases (p95) or a lower limit bounds nothing: the worst of them may lose all it had.
  const expressions = objectives.map((expression) => ({ expression }));
  const isBound = LOSS_METRICS.some((metric) => strictestMax(expressions, metric) !== null);
  if (!isBound) {
    const message =
      'no objective bounds the loss of each database, so any loss could pass: add "lostWritesBeyondRpo == 0" or "rpoMs max < 15000"';
    found.push({ at: ['objectives'], fields: [['objectives']], message });
  }
  for (const [index, expression] of objectives.entries()) {
    const at: Path = ['objectives', index];
    const { objective, problem } = parseObjective(expression);
    if (problem !== null) found.push({ at, fields: [at], message: problem });
    else if (objective.metric === 'protectedAgainMs' && !recovery.secondLife) {
      const message = 'protectedAgainMs is measured in the second life, which secondLife: false leaves out';
      found.push({ at, fields: [at, ['recovery', 'secondLife']], message });
    } else if (objective.metric === 'runbookStepsFailed' && recovery.runbook === 'ours') {
      const message = 'runbookStepsFailed is measured with recovery.runbook: documented';
      found.push({ at, fields: [at, ['recovery', 'runbook']], message });
    } else if (INSTANT_METRICS.has(objective.metric) && recovery.instants === undefined) {
      const message = `${objective.metric} is measured on restores to an instant: say recovery.instants`;
      found.push({ at, fields: [at, ['recovery']], message });
    } else if (HOOK_METRICS.has(objective.metric) && hooks.perApp === 0) {
      const message = `${objective.metric} is measured on hooks, and no app has any`;
      found.push({ at, fields: [at, ['hooks', 'perApp']], message });
    }
    const tooSmall = faults.findIndex(({ kind }) => kind === 'recovery-disk-full');
    if (tooSmall >= 0 && SINCE_KILL.has(objective?.metric ?? '')) {
      const message = `${objective?.metric} would count the try on the small disk as the subject's time: remove one`;
      found.push({ at, fields: [at, ['faults', tooSmall]], message });
    }
    if (SPACE_METRICS.has(objective?.metric ?? '') && !faults.some(({ kind }) => kind === 'host-disk-full')) {
      const message = `${objective?.metric} is measured on a full disk: declare a host-disk-full`;
      found.push({ at, fields: [at, ['faults']], message });
    }
    if (objective?.metric === 'storeAlarmMs') found.push(...ofStoreAlarm(`objectives.${index}`, faults));
    if (objective?.metric === 'orderedStopMs' && !isStoppedInOrder(scenario)) {
      const message =
        'orderedStopMs is measured on a supervisor that SIGTERM ends: declare a host-kill of it with signal: SIGTERM, or an upgrade';
      found.push({ at, fields: [at, ['faults']], message });
    }
    if (objectives.indexOf(expression) < index) {
      found.push({ at, fields: [at], message: `"${expression}" is there twice` });
    }
  }
  return found;
}

function isStoppedInOrder({ faults, upgrades }: Scenario): boolean {
  return (
    upgrades.length > 0 || faults.some((fault) => fault.kind === 'host-kill' && endsSupervisorInOrder(fault))
  );
}
