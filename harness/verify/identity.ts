import type { Finding } from '../evidence/checks.ts';
import type { DatabaseHistory } from '../ledger/history.ts';
import { finding } from './finding.ts';
import type { Observation } from './observation.ts';

/** Whether the file is another database altogether: then no row of this one is in it. */
export function isAnotherDatabase(history: DatabaseHistory, observation: Observation): boolean {
  const { identities } = observation;
  return identities.length > 0 && identities.every((identity) => identity.id !== history.base.id);
}

/** `identity`: the file is the database of this path and epoch. `nameOf` knows whose an id is. */
export function identityFindings(
  history: DatabaseHistory,
  observation: Observation,
  nameOf: (id: string) => string | null = () => null,
): Finding[] {
  const { base, path } = history;
  const [identity, ...others] = observation.identities;
  const { createdAt } = base;
  const made = (instant: string | undefined): string => (instant === undefined ? '' : `, made ${instant}`);
  const expected = `${base.id} at ${path}, epoch ${base.epoch}${made(createdAt)}`;
  if (identity === undefined || others.length > 0) {
    const actual = `${observation.identities.length} identity rows`;
    return [
      finding('identity', path, {
        expected,
        actual,
        detail: 'a database has exactly one identity row',
        count: 1,
      }),
    ];
  }
  const sameInstant = createdAt === undefined || identity.createdAt === createdAt;
  if (identity.id === base.id && identity.path === path && identity.epoch === base.epoch && sameInstant)
    return [];
  const actual = `${identity.id} at ${identity.path}, epoch ${identity.epoch}${made(identity.createdAt)}`;
  const owner = nameOf(identity.id);
  const detail =
    owner === null ? 'no database of the ledger has this identity' : `this is the database ${owner}`;
  return [finding('identity', path, { expected, actual, detail, count: 1 })];
}
