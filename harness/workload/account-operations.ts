import { timestamp, token } from '../fleet/ids.ts';
import { databaseKind } from '../fleet/layout.ts';
import type { Session } from './session.ts';
import type { OpenDatabase } from './tracked-database.ts';

/** Sign-ins, tokens and audit rows: what happens around the records. */

const TOKEN_LIFE_MS = 30 * 86_400_000;

/** Who signs in to which kind of database, and where they are kept. */
const SUBJECTS = {
  system: { table: 'master_admins', kind: 'master_admin' },
  realm: { table: 'realm_admins', kind: 'realm_admin' },
  app: { table: 'users', kind: 'user' },
} as const;

/** A sign-in: last_login of the user and a fresh token, in one transaction. */
export function login(session: Session, database: OpenDatabase): void {
  const subject = SUBJECTS[databaseKind(database.path)];
  const model = session.model(database);
  const ids = model.ids(database, subject.table);
  if (ids.length === 0) return appendAudit(session, database);
  const id = session.random.pick(ids);
  const row = tokenRow(session, subject.kind, id);
  const done = session.write(database, 'login', (transaction) => {
    if (subject.table === 'users') {
      transaction.update('users', id, ['last_login'], [timestamp(Date.now())]);
    }
    transaction.insert('_refresh_tokens', row);
  });
  if (done) model.add('_refresh_tokens', row[0], session.random);
}

/** Token rotation, two commits: the old one is revoked, then the new one is issued. */
export function rotateToken(session: Session, database: OpenDatabase): void {
  const subject = SUBJECTS[databaseKind(database.path)];
  const model = session.model(database);
  const live = model.ids(database, '_refresh_tokens', 'token', 'revoked = 0');
  const subjects = model.ids(database, subject.table);
  if (live.length === 0 || subjects.length === 0) return login(session, database);
  const old = session.random.pick(live);
  const revoked = session.write(database, 'token-revoke', (transaction) =>
    transaction.update('_refresh_tokens', old, ['revoked'], [1]),
  );
  if (!revoked) return;
  model.remove('_refresh_tokens', old);
  const row = tokenRow(session, subject.kind, session.random.pick(subjects));
  const issued = session.write(database, 'token-issue', (transaction) =>
    transaction.insert('_refresh_tokens', row),
  );
  if (issued) model.add('_refresh_tokens', row[0], session.random);
}

function tokenRow(session: Session, kind: string, id: string): [token: string, ...(string | number)[]] {
  const nowMs = Date.now();
  return [token(session.random), kind, id, timestamp(nowMs), timestamp(nowMs + TOKEN_LIFE_MS), 0];
}

/** An audit row, as a hook or an admin's action leaves it. */
export function appendAudit(session: Session, database: OpenDatabase): void {
  const { random, vocabulary } = session;
  const row = [null, timestamp(Date.now()), 'hook', 'hook.run', random.pick(vocabulary.words), null];
  session.write(database, 'audit', (transaction) => transaction.insert('audit_log', row));
}
