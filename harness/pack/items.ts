import type { Evidence } from '../evidence.ts';
import type { RunInfo } from '../evidence/run-info.ts';
import type { HistoryEntry } from '../history/entry.ts';
import type { Result, ScenarioResult } from '../result.ts';
import type { Configuration } from './configuration.ts';
import { findingsOf, negativeControlsOf } from './findings.ts';
import { ciOf, harnessCommitOf, triggerOf } from './recorded.ts';
import { restoresOf } from './restores.ts';
import { scopeOf } from './scope.ts';
import type { Statement } from './statement.ts';
import { timelineOf } from './timeline.ts';

/** Everything that an evidence pack is made from. */
interface PackSource {
  readonly result: Result;
  readonly run: RunInfo;
  readonly evidences: readonly Evidence[];
  /** The history up to this run. */
  readonly history: readonly HistoryEntry[];
  readonly configurations: ReadonlyMap<string, Configuration>;
  readonly statement: Statement;
  readonly packedAt: string;
  /** Whether the hosts and the restored files were still there when the pack was made. */
  readonly workIsKept: boolean;
}

/** The thirteen items that an auditor asks for. What nobody stated is null, and is said to be so. */
export function packItems(source: PackSource) {
  const { result, run, statement } = source;
  return {
    drill: drillItem(source),
    scope: result.scenarios.map((drill) => scopeOf(drill, source.evidences, statement)),
    targets: {
      objectives: result.scenarios.map(({ drillId, objectives }) => ({ drillId, objectives })),
      maximumTolerableDowntime: statement.maximumTolerableDowntime ?? null,
      approvedIn: statement.objectivesReference ?? null,
    },
    environment: {
      machine: run.environment,
      harness: { version: run.tool.version, ...harnessCommitOf(run, statement) },
      // What it was started for: the commit that was under test, as the CI system names it.
      ci: ciOf(run),
      subjects: result.scenarios.map((drill) => subjectOf(drill, source)),
    },
    identity: identityItem(source),
    timeline: source.evidences.map(timelineOf),
    results: result.scenarios.map(({ drillId, measurements, databases, storeRequests }) => ({
      drillId,
      measurements,
      databases,
      restores: source.evidences.filter((evidence) => evidence.drillId === drillId).flatMap(restoresOf),
      storeRequests: storeRequests ?? null,
    })),
    integrity: result.scenarios.map(({ drillId, checks }) => ({ drillId, checks })),
    verdict: verdictItem(source),
    findings: { ...findingsOf(result, source.evidences), stated: statement.findings },
    records: {
      raw: 'run/: result, events, ledger, logs, configuration and request log, as the run left them',
      manifest: 'manifest.sha256: the SHA-256 of every file',
      retention: statement.retention ?? null,
      packedAt: source.packedAt,
    },
    disposal: {
      restoredFiles: source.workIsKept
        ? 'still there when this was packed'
        : 'gone when this was packed: a run removes its hosts and restored files at its end',
      // By the run itself, as it ended; null: it did not record it.
      removedAt: run.workRemovedAt === null ? 'kept' : (run.workRemovedAt ?? null),
      stated: statement.disposal ?? null,
    },
    trend: trendItem(source),
  };
}

function drillItem({ result, run, statement }: PackSource) {
  return {
    runId: result.runId,
    type: 'full: the whole fleet lost and restored, on a fleet of its own',
    scenarios: result.scenarios.map(({ id, title, drillId, seed, planDigest }) => ({
      id,
      title,
      drillId,
      seed,
      planDigest,
    })),
    aim: statement.aim ?? null,
    ...triggerOf(run, statement),
    repeatCommand: result.repeatCommand,
  };
}

/** The objects that the recovery found; their ETags are in the listing. null: the bucket was not looked into. */
function objectsAtKill(evidence: Evidence | undefined) {
  const { drillId, bucket } = evidence ?? {};
  if (drillId === undefined || bucket === undefined) return null;
  const { objects, listing } = bucket;
  return { objects, listing: listing === undefined ? null : `run/evidence/${drillId}/${listing}` };
}

/** What was drilled, and against which store: where its objects lay, and what the hosts were told. */
function subjectOf({ drillId, subject, store }: ScenarioResult, { configurations, evidences }: PackSource) {
  const { bucket = null, prefix = null, regions = [], files = [] } = configurations.get(drillId) ?? {};
  const atKill = objectsAtKill(evidences.find((evidence) => evidence.drillId === drillId));
  return { drillId, subject, store: { ...store, bucket, prefix, regions, atKill }, configuration: files };
}

function identityItem({ result, run, statement }: PackSource) {
  return {
    conductedBy: statement.conductedBy ?? null,
    serviceAccount: ciOf(run).actor,
    witnessedBy: statement.witnessedBy ?? null,
    approvedBy: statement.approvedBy ?? null,
    // What the store saw: the recovery has a credential of its own, apart from the writer's.
    credentials: result.scenarios.map(({ drillId, storeRequests }) => ({
      drillId,
      roles: [...new Set((storeRequests ?? []).map(({ role }) => role))],
    })),
  };
}

function verdictItem({ result, evidences }: PackSource) {
  const { verdict, exitCode, reason, scenarios } = result;
  const drills = scenarios.map(({ drillId, expect, verdict, reason }) => ({
    drillId,
    expect,
    verdict,
    reason,
  }));
  return { verdict, exitCode, reason, drills, negativeControls: negativeControlsOf(result, evidences) };
}

/** Earlier drills of the same scenarios, the oldest first. */
function trendItem({ result, statement, history }: PackSource) {
  const scenarios = new Set(result.scenarios.map(({ id }) => id));
  return {
    earlier: history
      .filter(({ runId, scenario }) => runId !== result.runId && scenarios.has(scenario))
      .map(({ runId, drillId, startedAt, verdict, figures, lostWrites }) => ({
        runId,
        drillId,
        startedAt,
        verdict,
        lostWrites,
        rpoMs: figures['rpoMs'] ?? null,
        rtoMs: figures['rtoMs'] ?? null,
      })),
    nextDrill: statement.nextDrill ?? null,
  };
}

export type PackItems = ReturnType<typeof packItems>;
