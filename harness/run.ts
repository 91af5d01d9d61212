import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import type { Comparison } from './compare/compare.ts';
import { type Baseline, compareWithEarlier, decidedBy } from './compare/with-earlier.ts';
import { runDrill } from './drill.ts';
import type { EventBus } from './events.ts';
import type { Evidence } from './evidence.ts';
import type { Interruption } from './interruption.ts';
import { judge } from './judge/judge.ts';
import type { Result } from './result.ts';
import { type RunInfo, runPaths } from './run-directory.ts';
import type { PlannedDrill } from './planned-drill.ts';
import type { Reporter } from './reporters.ts';
import { durationMs } from './scenario/schema.ts';
import { redactedValue, redactFolder } from './secrets.ts';
import { saveRun, sealRun } from './save-run.ts';
import { type ShardFile, writeShardFile } from './shard/whole-plan.ts';
import { claimWorkFolder } from './sweep.ts';
import { limitedSignal } from './limited-signal.ts';

/** What a run is asked to do. Everything in it has been validated. */
export interface RunRequest {
  readonly runId: string;
  readonly runDir: string;
  readonly outputDir: string;
  readonly drills: readonly PlannedDrill[];
  /** Earlier drills that the run is held against; null: its objectives are all that counts. */
  readonly against: Baseline | null;
  /** The part of a plan that the run is; null: the whole. */
  readonly share: ShardFile | null;
  readonly seed: number;
  readonly repeatCommand: string;
  readonly supervisor: string | null;
  /** null: each scenario's own limit. */
  readonly timeoutMs: number | null;
  readonly keep: boolean;
  /** Stop after the first drill that does not pass. */
  readonly bail: boolean;
  readonly reporters: readonly Reporter[];
  readonly toolVersion: string;
  readonly environment: Evidence['environment'];
  /** Values that must not be found in anything that the run leaves. */
  readonly secrets: readonly string[];
}

/** What a run came to. */
export interface FinishedRun {
  readonly result: Result;
  /** null: it was not to be compared. */
  readonly comparison: Comparison | null;
}

/** Runs the drills one after the other and leaves a complete run directory. null: interrupted before the end. */
export async function runDrills(
  request: RunRequest,
  bus: EventBus,
  clock: Clock,
  interruption: Interruption,
): Promise<FinishedRun | null> {
  const workDir = join(request.runDir, 'work');
  await mkdir(workDir, { recursive: true });
  await claimWorkFolder(workDir);
  const { events } = runPaths(request.runDir);
  bus.subscribe('events.ndjson', (event) =>
    appendFileSync(events, `${JSON.stringify(redactedValue(event, request.secrets))}\n`),
  );
  bus.emit({
    type: 'run-start',
    atMs: nowMs(clock),
    runId: request.runId,
    seed: request.seed,
    drills: request.drills.length,
  });
  const [startedAt, startUs] = [clock.wallIso(), clock.nowUs()];
  const evidences: Evidence[] = [];
  let workRemovedAt: string | null = null;
  try {
    for (const drill of request.drills) {
      if (interruption.signal.aborted) break;
      bus.emit({
        type: 'drill-start',
        atMs: nowMs(clock),
        drillId: drill.drillId,
        scenario: drill.loaded.scenario.id,
        title: drill.loaded.scenario.title,
        seed: drill.seed,
      });
      const evidence = withoutSecrets(
        request,
        await runOne(request, drill, workDir, bus, clock, interruption),
      );
      evidences.push(evidence);
      const { verdict, reason } = judge(evidence);
      bus.emit({ type: 'drill-end', atMs: nowMs(clock), drillId: drill.drillId, verdict, reason });
      if (request.bail && verdict !== 'pass') break;
    }
  } catch (error) {
    if (interruption.exitCode() === null) throw error;
  } finally {
    workRemovedAt = await putAway(request, workDir, clock);
  }
  if (interruption.exitCode() !== null) return null;
  const comparison = compareWithEarlier(request.against, evidences, request.runId);
  const info: RunInfo = {
    runId: request.runId,
    seed: request.seed,
    repeatCommand: request.repeatCommand,
    startedAt,
    durationMs: Math.round((clock.nowUs() - startUs) / 1000),
    tool: { version: request.toolVersion },
    environment: request.environment,
    drills: evidences.map((evidence) => evidence.drillId),
    reporterFailures: bus.failures.map(({ subscriber, message }) => `${subscriber}: ${message}`),
    ...(request.share === null ? {} : { shard: shardOf(request.share) }),
    workRemovedAt,
    ...decidedBy(comparison),
  };
  const result = saveRun(request, info, evidences);
  bus.emit({ type: 'run-end', atMs: nowMs(clock), verdict: result.verdict, exitCode: result.exitCode });
  if (request.share !== null) writeShardFile(request.runDir, request.share);
  await sealRun(request);
  return { result, comparison };
}

/** Leaves of the hosts only what may be kept. Answers when their folder was gone; null: it is to stay. */
async function putAway(
  { runDir, secrets, keep }: RunRequest,
  workDir: string,
  clock: Clock,
): Promise<string | null> {
  const { evidence } = runPaths(runDir);
  // Also of a drill that did not come to its end: what it left is what people look at then.
  if (existsSync(evidence)) redactFolder(evidence, secrets);
  if (keep) return null;
  await rm(workDir, { recursive: true, force: true });
  return clock.wallIso();
}

function nowMs(clock: Clock): number {
  return clock.nowUs() / 1000;
}

/** Takes them out of the evidence before anybody judges or shows it, and out of what the child processes wrote. */
function withoutSecrets({ runDir, secrets }: RunRequest, evidence: Evidence): Evidence {
  if (secrets.length === 0) return evidence;
  const folder = join(runPaths(runDir).evidence, evidence.drillId);
  redactFolder(folder, secrets);
  const clean = redactedValue(evidence, secrets);
  writeFileSync(join(folder, 'evidence.json'), `${JSON.stringify(clean)}\n`);
  return clean;
}

async function runOne(
  request: RunRequest,
  drill: PlannedDrill,
  workDir: string,
  bus: EventBus,
  clock: Clock,
  interruption: Interruption,
): Promise<Evidence> {
  const limitMs = request.timeoutMs ?? durationMs(drill.loaded.scenario.timeout);
  return runDrill({
    ...drill,
    supervisor: request.supervisor,
    evidenceDir: join(runPaths(request.runDir).evidence, drill.drillId),
    workDir: join(workDir, drill.drillId),
    keep: request.keep,
    toolVersion: request.toolVersion,
    environment: request.environment,
    bus,
    clock,
    signal: limitedSignal(limitMs, interruption.signal),
    interrupted: () => interruption.exitCode() !== null,
  });
}

function shardOf({ index, count, drills }: ShardFile): RunInfo['shard'] {
  return { index, count, plannedDrills: drills.length };
}
