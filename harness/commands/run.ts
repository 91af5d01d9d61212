import { randomInt } from 'node:crypto';
import path from 'node:path';
import { systemClock } from '../clock.ts';
import { describeEnvironment } from '../environment.ts';
import { DrillError } from '../errors.ts';
import { createEventBus } from '../events.ts';
import { killHost } from '../host/process-scan.ts';
import { watchInterruption } from '../interruption.ts';
import type { LitestreamBinary } from '../litestream/binary.ts';
import { assertAtHand, chooseLitestream } from '../litestream/choose.ts';
import { preflight, preflightFaults } from '../preflight.ts';
import { SCENARIOS_DIR, toolVersion } from '../project.ts';
import { createLiveReporter } from '../report/live.ts';
import type { DrillWithoutStore, PlannedDrill, PlannedUpgrade, WantedDrill } from '../planned-drill.ts';
import { runDrills, type RunRequest } from '../run.ts';
import { combinationsOf } from '../scenario/combinations.ts';
import type { LoadedScenario } from '../scenario/load.ts';
import { planDrill } from '../scenario/plan.ts';
import { findScenarios } from '../scenario/registry.ts';
import { durationMs } from '../scenario/schema.ts';
import { assertStarted } from '../scenario/supervisor.ts';
import { redactedValue, secretsOf } from '../secrets.ts';
import { nameOf, type Shard } from '../shard/shard.ts';
import { sweepCrashedRuns } from '../sweep.ts';
import { baselineOf } from './baseline.ts';
import { dryRun } from './dry-run.ts';
import { finishRun } from './finish-run.ts';
import { type Io, repeatCommand, type RunOptions } from './options.ts';
import { planStores, sweepCrashedContainers } from './stores.ts';
import { newRunId } from './run-id.ts';
import { isGithub } from './terminal.ts';
import { shareOf } from './share.ts';

/** A seed that can be typed; any whole number is as good. */
const NEW_SEED_BELOW = 1_000_000_000;

/** `drill run`: everything is checked before the first slow step, then the drills run one after the other. */
export async function runCommand(options: RunOptions, io: Io): Promise<number> {
  const scenarios = await chooseScenarios(options);
  assertStarted(options.supervisor, scenarios);
  const seed = options.seed ?? randomInt(NEW_SEED_BELOW);
  const whole = wantedDrills(scenarios, seed, options);
  const secrets = secretsOf(io.env);
  // What is shown and kept of the command line: a supervisor's may carry a credential.
  const shown = { ...redactedValue({ ...options, notify: null }, secrets), notify: options.notify };
  const share = shareOf(whole, shown, seed, io.env);
  io.stderr.write(`seed ${seed}\n`);
  const wanted = share === null ? whole : whole.filter(({ drillId }) => share.drills.includes(drillId));
  const plans = wanted.map((drill) => planDrill(drill.loaded.scenario, drill.seed));
  if (share !== null && !options.quiet) {
    io.stderr.write(`shard ${share.index} of ${share.count}: ${wanted.length} of ${whole.length} drills\n`);
  }
  if (options.dryRun) return dryRun(wanted, plans, options, io);
  const ready = await withLitestream(wanted, io);
  // Read before the first slow step: a history that cannot be compared with is found out at once.
  const against = baselineOf(options);
  await preflight(options.outputDir, plans);
  await preflightFaults(wanted.map(({ loaded }) => loaded.scenario));
  const drills = await withStores(ready, options, io);
  await sweepLeftovers(drills, options, io);
  const runId = newRunId(whatIsRun(scenarios, share));
  const runDir = path.join(options.outputDir, runId);
  return drillAndReport(options, io, {
    runId,
    runDir,
    outputDir: options.outputDir,
    drills,
    share,
    against,
    seed,
    repeatCommand: repeatCommand(share === null ? shown : { ...shown, shard: share }, seed),
    secrets,
    supervisor: options.supervisor,
    timeoutMs: options.timeoutMs,
    keep: options.keep,
    bail: options.bail,
    reporters: options.reporters,
    toolVersion: toolVersion(),
    environment: describeEnvironment(io.env),
  });
}

async function drillAndReport(options: RunOptions, io: Io, request: RunRequest): Promise<number> {
  const bus = createEventBus();
  const detail = options.quiet ? 'quiet' : options.verbose ? 'verbose' : 'normal';
  const nowMs = (): number => systemClock.nowUs() / 1000;
  const live = createLiveReporter({ screen: io.stderr, nowMs, detail, isGithub: isGithub(io.env) });
  bus.subscribe('console', live.onEvent);
  const interruption = watchInterruption(() => {
    killHost({ groupId: null, folder: path.join(request.runDir, 'work') });
    live.close();
  });
  try {
    const finished = await runDrills(request, bus, systemClock, interruption);
    live.close();
    if (finished === null) throw interrupted(interruption.exitCode() ?? 130, request.runDir);
    const { runDir, share } = request;
    return await finishRun(finished, { ...options, runDir, isPart: share !== null }, io);
  } finally {
    live.close();
    interruption.release();
  }
}

async function chooseScenarios({ scenarios, tier, tag, except }: RunOptions): Promise<LoadedScenario[]> {
  if (scenarios.length > 0 || tier !== null || tag !== null) {
    return findScenarios({ names: scenarios, tier, tag, except }, SCENARIOS_DIR);
  }
  throw new DrillError('DRILL_E_USAGE', {
    what: 'no scenario was chosen',
    why: 'neither --scenario nor --tier nor --tag was given',
    fix: 'for instance: npm run drill -- --scenario=smoke (npm run drill -- list shows all)',
    exit: 2,
  });
}

/** Every combination of every scenario; each repetition has a seed of its own, the first one the run's. */
function wantedDrills(
  scenarios: readonly LoadedScenario[],
  seed: number,
  options: RunOptions,
): WantedDrill[] {
  return scenarios.flatMap((loaded) =>
    combinationsOf(loaded.scenario, options).flatMap(({ label, ...combination }) =>
      Array.from({ length: options.repeat }, (_, index) => ({
        ...combination,
        drillId: [loaded.scenario.id, label, options.repeat === 1 ? '' : String(index + 1)]
          .filter((part) => part !== '')
          .join('-'),
        loaded,
        seed: seed + index,
      })),
    ),
  );
}

/** Finds every Litestream that is wanted, once, before anything is started. */
async function withLitestream(wanted: readonly WantedDrill[], io: Io): Promise<DrillWithoutStore[]> {
  const found = new Map<string | null, LitestreamBinary>();
  const find = async (choice: string | null): Promise<LitestreamBinary> => {
    const known = found.get(choice);
    if (known !== undefined) return known;
    const binary = await chooseLitestream(choice, io.env);
    found.set(choice, binary);
    return binary;
  };
  assertAtHand(wanted.flatMap(choicesOf), io.env);
  const drills: DrillWithoutStore[] = [];
  for (const drill of wanted) {
    const upgrades: PlannedUpgrade[] = [];
    for (const { at, litestream } of drill.loaded.scenario.upgrades) {
      upgrades.push({ atMs: durationMs(at), litestream: await find(litestream) });
    }
    drills.push({ ...drill, litestream: await find(drill.litestream), upgrades });
  }
  return drills;
}

function choicesOf({ litestream, loaded }: WantedDrill): (string | null)[] {
  return [litestream, ...loaded.scenario.upgrades.map((upgrade) => upgrade.litestream)];
}

async function withStores(
  drills: readonly DrillWithoutStore[],
  { quiet }: RunOptions,
  io: Io,
): Promise<PlannedDrill[]> {
  const planOf = await planStores(drills, io.env, (line) => {
    if (!quiet) io.stderr.write(`${line}\n`);
  });
  return drills.map((drill) => ({ ...drill, store: planOf(drill) }));
}

/** Ends what crashed runs left. A container engine is asked only when there is a reason to. */
async function sweepLeftovers(
  drills: readonly PlannedDrill[],
  { outputDir }: RunOptions,
  io: Io,
): Promise<void> {
  const say = (line: string): void => io.stderr.write(`${line}\n`);
  const swept = await sweepCrashedRuns(outputDir);
  const inContainers = drills.some(({ store }) => store.kind === 'minio' && store.runs === 'container');
  if (swept.length > 0 || inContainers) swept.push(...(await sweepCrashedContainers(io.env, say)));
  for (const leftover of swept) say(`swept what a crashed run had left: ${leftover}`);
}

function whatIsRun(scenarios: readonly LoadedScenario[], share: Shard | null): string {
  const [first] = scenarios;
  const what =
    scenarios.length === 1 && first !== undefined ? first.scenario.id : `${scenarios.length}-scenarios`;
  return share === null ? what : `${what}-${nameOf(share)}`;
}

function interrupted(exit: 130 | 143, runDir: string): DrillError {
  return new DrillError('DRILL_E_INTERRUPTED', {
    what: 'interrupted',
    why: exit === 130 ? 'Ctrl-C (SIGINT)' : 'SIGTERM',
    fix: `nothing: all that was started has been ended; what was recorded so far is in ${path.relative('.', runDir)}`,
    exit,
  });
}
