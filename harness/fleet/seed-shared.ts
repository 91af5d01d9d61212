import { randomFor } from '../random.ts';
import { token, timestamp } from './ids.ts';
import type { DatabaseKind } from './layout.ts';
import { appPath, realmPath } from './layout.ts';
import { MIGRATIONS } from './migrations.ts';
import { effectivePolicies, refinePolicies, SYSTEM_POLICIES } from './policies.ts';
import type { Policies } from './policies.ts';
import { rowsOf } from './seed-context.ts';
import type { SeedContext } from './seed-context.ts';

/** What two or three kinds of database have in common. */

/** Runs the migrations of a kind and notes them, as an upgrade long ago would have. */
export function applyMigrations(context: SeedContext, kind: DatabaseKind): void {
  for (const migration of MIGRATIONS[kind]) {
    context.db.exec(migration.sql);
    context.insert('_migrations', [[migration.id, timestamp(context.nextMs()), context.random.int(1, 40)]]);
  }
}

/** Refresh tokens of subjects; every fifth is revoked. */
export function insertTokens(
  context: SeedContext,
  subjects: readonly { readonly kind: string; readonly id: string }[],
  count: number,
): void {
  if (subjects.length === 0) return;
  context.insert(
    '_refresh_tokens',
    rowsOf(count, (index) => {
      const subject = subjects[index % subjects.length] ?? { kind: '', id: '' };
      const issuedMs = context.nextMs();
      return [
        token(context.random),
        subject.kind,
        subject.id,
        timestamp(issuedMs),
        timestamp(issuedMs + 30 * 86_400_000),
        context.random.int(0, 4) === 0 ? 1 : 0,
      ];
    }),
  );
}

/** Writes a level's own policies. */
export function insertPolicies(context: SeedContext, own: Policies): void {
  context.insert(
    'policies',
    Object.entries(own).map(([field, policy]) => [
      field,
      JSON.stringify(policy),
      timestamp(context.nextMs()),
    ]),
  );
}

/** The policies that a realm sets itself. Drawn apart from its rows, because its apps must refine them. */
export function realmPolicies(seed: number, realm: string): Policies {
  return refinePolicies(SYSTEM_POLICIES, randomFor(seed, `policies/${realmPath(realm)}`));
}

/** The policies that an app sets itself. */
export function appPolicies(seed: number, realm: string, app: string): Policies {
  const parent = effectivePolicies(SYSTEM_POLICIES, realmPolicies(seed, realm));
  return refinePolicies(parent, randomFor(seed, `policies/${appPath(realm, app)}`));
}
