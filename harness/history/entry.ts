import { z } from 'zod';
import { keyOf, sampleOf } from '../compare/compare.ts';
import { labelsOf, type Successes, successesOf } from '../report/series.ts';
import type { Result } from '../result.ts';

/** One line of `history.ndjson`: one drill of one run. */
export const historyEntrySchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** SHA-256 of the line before, without its line break; 64 zeros in the first. */
  previous: z.string().regex(/^[0-9a-f]{64}$/),
  runId: z.string(),
  drillId: z.string(),
  startedAt: z.string(),
  toolVersion: z.string(),
  scenario: z.string(),
  supervisor: z.string(),
  litestream: z.string(),
  store: z.string(),
  expect: z.enum(['pass', 'fail']),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  /** Worse than the last pass, where the run was asked to be held against it. */
  regressed: z.boolean(),
  /** When the run ended, if the drill's series passed in it: seconds since 1970. Older lines do not say. */
  successSec: z.number().int().optional(),
  seed: z.number().int(),
  replicateIntervalSec: z.number().nullable(),
  durationMs: z.number(),
  acknowledgedWrites: z.number().int(),
  lostWrites: z.number().int(),
  figures: z.record(z.string(), z.number().nullable()),
  /** SHA-256 of the run's `manifest.sha256`, and so of every file of the run. */
  manifestSha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

/** What `previous` says in the first line. */
export const NO_LINE = '0'.repeat(64);

/** The lines of a run, but for the chain. */
export function entriesOf(
  result: Result,
  manifestSha256: string,
  regressed: ReadonlySet<string>,
): Omit<HistoryEntry, 'previous'>[] {
  const successes = successesOf(result);
  return result.scenarios.map((drill) => {
    const { figures, ...sample } = sampleOf(drill, result.runId);
    const successSec = successes.get(labelsOf(sample));
    return {
      schemaVersion: 1,
      drillId: drill.drillId,
      startedAt: result.startedAt,
      toolVersion: result.tool.version,
      ...sample,
      regressed: regressed.has(keyOf(sample)),
      ...(successSec === undefined ? {} : { successSec }),
      seed: drill.seed,
      durationMs: Math.round(drill.timeline.reduce((end, { endMs }) => Math.max(end, endMs), 0)),
      acknowledgedWrites: drill.measurements.acknowledgedWrites,
      lostWrites: drill.measurements.lostWrites,
      figures,
      manifestSha256,
    };
  });
}

/** When each series last passed, as far as the history tells. */
export function successesOfHistory(entries: readonly HistoryEntry[]): Successes {
  return new Map(
    entries.flatMap((entry) =>
      entry.successSec === undefined ? [] : [[labelsOf(entry), entry.successSec] as const],
    ),
  );
}
