import { parseVersion } from '../litestream/version.ts';
import { type Expectation, expectationOf } from './expectation.ts';
import type { Scenario, STORE_KINDS } from './schema.ts';

export type StoreChoice = 'auto' | (typeof STORE_KINDS)[number];

/** One cell of a scenario's matrix: what is drilled, where, and what is expected of it. */
export interface Combination extends Expectation {
  /** A version, or a path; null: the one that came with `npm install`. */
  readonly litestream: string | null;
  readonly store: StoreChoice;
  /** Tells the drills of one scenario apart, for instance `0.5.17-minio`; empty when there is only one. */
  readonly label: string;
}

/**
 * The combinations that a scenario is to be drilled in. What was asked for on the command line takes the place of the
 * scenario's own axis; what the scenario expects of that very version still holds.
 */
export function combinationsOf(
  scenario: Scenario,
  asked: { readonly litestream: string | null; readonly store: StoreChoice },
): Combination[] {
  const { matrix } = scenario;
  const listed = (matrix?.litestream ?? []).map((cell) =>
    typeof cell === 'string' ? { version: cell } : cell,
  );
  const versions: readonly (string | null)[] =
    asked.litestream === null && listed.length > 0
      ? listed.map(({ version }) => version)
      : [asked.litestream];
  const stores: readonly StoreChoice[] =
    asked.store === 'auto' && matrix?.stores !== undefined ? matrix.stores : [asked.store];
  return versions.flatMap((litestream) => {
    const asVersion = litestream === null ? null : parseVersion(litestream);
    const cell = listed.find(({ version }) => version === asVersion);
    const expected = expectationOf(scenario, cell);
    return stores.map((store) => ({
      litestream,
      store,
      ...expected,
      label: [
        ...(versions.length > 1 && litestream !== null ? [litestream] : []),
        ...(stores.length > 1 ? [store] : []),
      ].join('-'),
    }));
  });
}
