import { count, duration } from '../report/format.ts';

/** What came of one drill. */
export interface SoakedDrill {
  readonly seed: number;
  readonly litestream: string;
  /** Of the drill; `without a result` where it gave none. */
  readonly verdict: string;
  readonly reason: string;
  /** Of its worst database. */
  readonly rpoMs: number;
  /** Acknowledged ones. */
  readonly writes: number;
}

interface Soak {
  readonly firstSeed: number;
  readonly store: string;
  readonly jobs: number;
}

/** Markdown: how many drills of each version were green, from which seeds, and each that was not. */
export function soakSummary(drills: readonly SoakedDrill[], { firstSeed, store, jobs }: Soak): string {
  const ordered = drills.toSorted((a, b) => a.seed - b.seed);
  const versions = [...new Set(ordered.map(({ litestream }) => litestream))].toSorted();
  const rows = versions.map((version) => {
    const own = ordered.filter(({ litestream }) => litestream === version);
    const green = own.filter(({ verdict }) => verdict === 'pass');
    const writes = own.reduce((sum, one) => sum + one.writes, 0);
    const worstMs = green.reduce((most, { rpoMs }) => Math.max(most, rpoMs), 0);
    return `| ${version} | ${green.length} of ${own.length} | ${count(writes)} | ${duration(worstMs)} |`;
  });
  const others = ordered.filter(({ verdict }) => verdict !== 'pass');
  return [
    `${drills.length} drills, seeds ${firstSeed} to ${ordered.at(-1)?.seed ?? firstSeed}, ${store} store, ${jobs} at a time`,
    '',
    '| Litestream | green | acknowledged writes | worst RPO of a green one |',
    '|---|---|---|---|',
    ...rows,
    '',
    ...(others.length === 0 ? ['None was anything but green.'] : others.map(notGreen)),
    '',
  ].join('\n');
}

function notGreen({ seed, litestream, verdict, reason }: SoakedDrill): string {
  return `- seed ${seed}, Litestream ${litestream}: ${verdict}: ${reason.replaceAll(/\s+/g, ' ')}`;
}
