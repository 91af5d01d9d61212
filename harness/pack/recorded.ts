import type { RunInfo } from '../evidence/run-info.ts';
import type { Statement } from './statement.ts';

/** What the run noted of the CI system that started it; null: it noted nothing. */
export function ciOf({ environment }: RunInfo) {
  return {
    commit: noted(environment, 'ciCommit'),
    event: noted(environment, 'ciEvent'),
    actor: noted(environment, 'ciActor'),
    run: noted(environment, 'ciRun'),
  };
}

/** The commit of the harness, and who says so. */
export function harnessCommitOf({ environment }: RunInfo, { harnessCommit }: Statement) {
  if (harnessCommit !== undefined) return { commit: harnessCommit, commitFrom: 'statement' };
  const commit = noted(environment, 'harnessCommit');
  return { commit, commitFrom: commit === null ? null : 'run' };
}

/** What CI systems call the event that started a job. Of any other nobody knows which of the three it is. */
const TRIGGERS: Readonly<Record<string, NonNullable<Statement['trigger']> | undefined>> = {
  // GitHub, GitLab, Buildkite and Azure
  schedule: 'schedule',
  Schedule: 'schedule',
  push: 'change',
  pull_request: 'change',
  merge_group: 'change',
  merge_request_event: 'change',
  webhook: 'change',
  IndividualCI: 'change',
  BatchedCI: 'change',
  PullRequest: 'change',
  workflow_dispatch: 'manual',
  web: 'manual',
  ui: 'manual',
  Manual: 'manual',
};

/** Why it was drilled, and who says so. */
export function triggerOf(run: RunInfo, { trigger }: Statement) {
  if (trigger !== undefined) return { trigger, triggerFrom: 'statement' };
  const recorded = TRIGGERS[ciOf(run).event ?? ''] ?? null;
  return { trigger: recorded, triggerFrom: recorded === null ? null : 'run' };
}

function noted(environment: RunInfo['environment'], name: string): string | null {
  const value = environment[name];
  return typeof value === 'string' ? value : null;
}
