import type { Result } from '../result.ts';
import { duration } from './format.ts';

/** What a webhook is told. */
export type NotificationFormat = 'json' | 'slack';

/** A message is read on a telephone: the worst few drills, the rest counted. */
const MOST_DRILLS = 10;
const LONGEST_REASON = 500;

/** The body of a notification, as JSON. `json`: the facts; `slack`: the same as a text, which Slack and its like show. */
export function notificationBody(result: Result, format: NotificationFormat): string {
  const bad = result.scenarios.filter(({ verdict }) => verdict !== 'pass');
  const drills = bad.slice(0, MOST_DRILLS).map(({ drillId, verdict, reason, measurements }) => ({
    drillId,
    verdict,
    reason: reason.slice(0, LONGEST_REASON),
    rpoMs: measurements.rpoMs?.max ?? null,
    rtoMs: measurements.rtoMs,
    lostWrites: measurements.lostWrites,
  }));
  const { verdict, exitCode, reason, runId, startedAt, durationMs, repeatCommand } = result;
  const told = { verdict, exitCode, reason: reason.slice(0, LONGEST_REASON), runId, startedAt, durationMs };
  if (format === 'json') {
    return JSON.stringify({ ...told, repeatCommand, drills, moreDrills: bad.length - drills.length });
  }
  const lines = [
    `*Disaster-recovery drill: ${verdict}* (exit code ${exitCode}, ${duration(durationMs)})`,
    slackText(told.reason),
    ...drills.map((drill) => `• ${slackText(`${drill.drillId}: ${drill.verdict}. ${drill.reason}`)}`),
    ...(bad.length > drills.length ? [`and ${bad.length - drills.length} more`] : []),
    `Run ${slackText(runId)}, repeat: ${slackText(repeatCommand)}`,
  ];
  return JSON.stringify({ text: lines.join('\n') });
}

/** Slack takes `<…>` for links and mentions; it wants these three escaped and nothing else. */
export function slackText(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
