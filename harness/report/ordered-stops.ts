import type { OrderedStop } from '../evidence/host.ts';
import { duration } from './format.ts';

/** How long the supervisor took to end when it was told to, at most, and how it ended; empty: nobody told it. */
export function stopsInWords(stops: readonly OrderedStop[] | undefined): string {
  if (stops === undefined || stops.length === 0) return '';
  const longestMs = stops.reduce((most, { tookMs }) => Math.max(most, tookMs), 0);
  const ends = [...new Set(stops.map(endInWords))].join(', ');
  return `${duration(longestMs)} after SIGTERM (${ends})`;
}

function endInWords({ exitCode, signal }: OrderedStop): string {
  return signal ?? (exitCode === null ? 'it had not ended' : `exit code ${exitCode}`);
}
