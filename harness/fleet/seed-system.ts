import { PASSWORD_HASH, secretBytes } from './credentials.ts';
import { timestamp, uuidV7 } from './ids.ts';
import { LAYOUT, MASTER_REALM } from './layout.ts';
import { SYSTEM_POLICIES } from './policies.ts';
import { insertAuditRows } from './seed-context.ts';
import type { SeedContext } from './seed-context.ts';
import { applyMigrations, insertPolicies, insertTokens } from './seed-shared.ts';
import type { TenantName } from '../scenario/names.ts';

/** system.db: the realms, the master admin, the secrets on which every token rests. */
export function seedSystem(context: SeedContext, realms: readonly TenantName[]): void {
  const { seed, random } = context;
  applyMigrations(context, 'system');
  // `master` is in the table of every RustBaas, and has no file.
  context.insert(LAYOUT.tenantTable, [[MASTER_REALM, 'Master', 1, timestamp(context.nextMs())]]);
  context.insert(
    LAYOUT.tenantTable,
    realms.map((realm) => [realm.slug, realm.name, 0, timestamp(context.nextMs())]),
  );
  const adminMs = context.nextMs();
  const admin = uuidV7(adminMs, random);
  context.insert('master_admins', [[admin, 'admin', null, PASSWORD_HASH, 'admin', timestamp(adminMs)]]);
  context.insert('_secrets', [
    ['master_signing_key', secretBytes(seed, 'master_signing_key'), timestamp(adminMs)],
    ['oauth_kek', secretBytes(seed, 'oauth_kek'), timestamp(adminMs)],
  ]);
  insertPolicies(context, SYSTEM_POLICIES);
  insertTokens(context, [{ kind: 'master_admin', id: admin }], 4);
  insertAuditRows(context, context.rowsLeft());
}
