import { defineScenario, type OwnFinding } from '../harness/index.ts';

/**
 * A scenario in TypeScript, with checks of its own. In a project that has installed the drill the import is
 * `import { defineScenario } from 'rustbaas-dr-drill'`.
 */
export default defineScenario({
  id: 'who-can-sign-in',
  title: 'After the disaster, the people can sign in again',
  description:
    'A fleet that came back row by row is of no use to people who cannot get in. The standard checks compare bytes; these two ask what an operator would ask first: does every realm have an administrator with a password, and does every session that is still open belong to somebody who is there? The objectives are those of smoke, on a fleet of the same kind, and one more: what one file of a realm knows, another has to know too, so that their recovery points may not be further apart than the worst of them may be old.',
  tier: 'nightly',
  tags: ['own-checks', 'quick'],
  fleet: { realms: 2, appsPerRealm: 2, rowsPerApp: { min: 20, max: 200, skew: 'zipf' } },
  supervisor: { replicateIntervalSec: 1 },
  workload: { writesPerSecond: 100, duration: '4s' },
  protection: { timeout: '20s' },
  recovery: { databaseTimeout: '20s' },
  objectives: [
    // One interval is promised; the rest is room for an upload that is under way.
    'rpoMs max < 3000',
    // It only guards against a recovery that hangs: seven small databases take some seconds.
    'rtoMs < 20000',
    // No write that is older than the RPO objective may be missing.
    'lostWritesBeyondRpo == 0',
    // What one file of a realm knows, another has to know too: no further apart than the worst may be old.
    'skewMs max < 3000',
  ],
  timeout: '2m',
  verify: {
    'admins-have-passwords': ({ databases }) =>
      databases
        .filter(({ kind }) => kind === 'realm')
        .flatMap(({ path, db }): OwnFinding[] => {
          const hashes = db.prepare('SELECT password_hash FROM realm_admins').all() as {
            password_hash: string;
          }[];
          if (hashes.some(({ password_hash: hash }) => hash.startsWith('$argon2'))) return [];
          return [
            {
              database: path,
              expected: 'an administrator with a password',
              actual: `${hashes.length} administrators, none with one`,
            },
          ];
        }),
    'sessions-have-an-owner': ({ databases }) =>
      databases
        .filter(({ kind }) => kind === 'realm')
        .flatMap(({ path, db }): OwnFinding[] => {
          const orphans = db
            .prepare(
              `SELECT token FROM _refresh_tokens WHERE revoked = 0 AND subject_kind = 'realm_admin'
               AND subject_id NOT IN (SELECT id FROM realm_admins)`,
            )
            .all();
          if (orphans.length === 0) return [];
          return [
            {
              database: path,
              expected: 'every open session belongs to somebody',
              actual: 'sessions of nobody',
              count: orphans.length,
            },
          ];
        }),
  },
});
