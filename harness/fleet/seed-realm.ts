import { PASSWORD_HASH } from './credentials.ts';
import { timestamp, uuidV7 } from './ids.ts';
import { insertAuditRows, rowsOf } from './seed-context.ts';
import type { SeedContext } from './seed-context.ts';
import { applyMigrations, insertPolicies, insertTokens, realmPolicies } from './seed-shared.ts';
import type { TenantName } from '../scenario/names.ts';

/** A realm.db: its apps and the people who run them. */
export function seedRealm(context: SeedContext, realm: string, apps: readonly TenantName[]): void {
  const { random, vocabulary } = context;
  applyMigrations(context, 'realm');
  context.insert(
    'apps',
    apps.map((app) => [app.slug, app.name, timestamp(context.nextMs())]),
  );
  const admin = (index: number): readonly [id: string, email: string, name: string, createdAt: string] => {
    const atMs = context.nextMs();
    const email = `${random.pick(vocabulary.emailNames)}.${index}@${realm}.example`;
    return [uuidV7(atMs, random), email, random.pick(vocabulary.names), timestamp(atMs)];
  };
  const admins = [...rowsOf(2, admin)];
  context.insert(
    'realm_admins',
    admins.map(([id, email, name, createdAt]) => [id, email, PASSWORD_HASH, name, createdAt]),
  );
  context.insert(
    'app_admins',
    apps.map((app, index) => {
      const [id, email, name, createdAt] = admin(index);
      return [id, app.slug, email, PASSWORD_HASH, name, createdAt];
    }),
  );
  insertPolicies(context, realmPolicies(context.seed, realm));
  insertTokens(
    context,
    admins.map(([id]) => ({ kind: 'realm_admin', id })),
    4,
  );
  insertAuditRows(context, context.rowsLeft());
}
