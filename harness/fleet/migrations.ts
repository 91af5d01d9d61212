import { LAYOUT } from './layout.ts';
import type { DatabaseKind } from './layout.ts';

/** RustBaas' own migrations, era B: every table, key and index as its releases 0.1.0 and 0.1.1 create them. */
export interface Migration {
  readonly id: string;
  readonly sql: string;
}

export const MIGRATIONS_TABLE_SQL =
  'CREATE TABLE _migrations (id TEXT PRIMARY KEY, applied_at TEXT NOT NULL, duration_ms INTEGER NOT NULL)';

const POLICIES =
  'CREATE TABLE policies (field TEXT PRIMARY KEY, policy_json TEXT NOT NULL, updated_at TEXT NOT NULL);';

const AUDIT_LOG = `
CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ts TEXT NOT NULL,
  actor TEXT,
  action TEXT NOT NULL,
  target TEXT,
  details_json TEXT
);
CREATE INDEX audit_log_ts ON audit_log(ts);`;

function refreshTokens(indexName: string): string {
  return `
CREATE TABLE _refresh_tokens (
  token TEXT PRIMARY KEY,
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  issued_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  revoked INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX ${indexName} ON _refresh_tokens(subject_kind, subject_id);`;
}

/** One-shot tokens of a user: verification mails, password resets. */
function userTokens(table: string, indexName: string): string {
  return `
CREATE TABLE ${table} (
  token TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  issued_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  consumed_at TEXT
);
CREATE INDEX ${indexName};`;
}

const SYSTEM: readonly Migration[] = [
  {
    id: '20260520_000001_initial_system',
    sql: `
CREATE TABLE ${LAYOUT.tenantTable} (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  is_master INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL
);
CREATE UNIQUE INDEX ${LAYOUT.tenantTable}_one_master ON ${LAYOUT.tenantTable}(is_master) WHERE is_master = 1;
CREATE TABLE master_admins (
  id TEXT PRIMARY KEY,
  username TEXT NOT NULL UNIQUE,
  email TEXT,
  password_hash TEXT,
  name TEXT,
  created_at TEXT NOT NULL
);
${POLICIES}
${AUDIT_LOG}`,
  },
  {
    id: '20260521_000001_master_auth_storage',
    sql: `
CREATE TABLE _secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL, created_at TEXT NOT NULL);
${refreshTokens('master_refresh_tokens_subject')}`,
  },
];

const REALM: readonly Migration[] = [
  {
    id: '20260520_000001_initial_realm',
    sql: `
CREATE TABLE apps (id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE realm_admins (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  name TEXT,
  created_at TEXT NOT NULL
);
CREATE TABLE app_admins (
  id TEXT PRIMARY KEY,
  app_id TEXT NOT NULL REFERENCES apps(id) ON DELETE CASCADE,
  email TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  name TEXT,
  created_at TEXT NOT NULL,
  UNIQUE (app_id, email)
);
${refreshTokens('refresh_tokens_subject')}
${POLICIES}
${AUDIT_LOG}`,
  },
];

const APP_USERS = `
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  password_hash TEXT,
  verified INTEGER NOT NULL DEFAULT 0,
  last_login TEXT,
  created_at TEXT NOT NULL
);
CREATE TABLE oauth_providers (
  provider TEXT PRIMARY KEY,
  client_id TEXT NOT NULL,
  client_secret_enc TEXT NOT NULL,
  config_json TEXT
);
CREATE TABLE user_oauth_links (
  user_id TEXT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  provider TEXT NOT NULL,
  provider_user_id TEXT NOT NULL,
  PRIMARY KEY (user_id, provider)
);
${refreshTokens('refresh_tokens_subject')}
${userTokens('_email_verifications', 'email_verifications_user ON _email_verifications(user_id)')}
${userTokens('_password_resets', 'password_resets_user ON _password_resets(user_id)')}
CREATE TABLE _email_otps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  code TEXT NOT NULL,
  email TEXT NOT NULL,
  issued_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  consumed_at TEXT,
  attempts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX email_otps_lookup ON _email_otps(email, consumed_at);
CREATE TABLE _oauth_states (
  state TEXT PRIMARY KEY,
  provider TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  issued_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  consumed_at TEXT
);
CREATE INDEX oauth_states_provider ON _oauth_states(provider, consumed_at);
CREATE TABLE _user_totp (
  user_id TEXT PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
  secret_b32 TEXT NOT NULL,
  enrolled_at TEXT NOT NULL,
  confirmed_at TEXT,
  enabled INTEGER NOT NULL DEFAULT 0
);
${userTokens('_mfa_challenges', 'mfa_challenges_user ON _mfa_challenges(user_id, consumed_at)')}`;

const APP: readonly Migration[] = [
  {
    id: '20260520_000001_initial_app',
    sql: `
CREATE TABLE _collections (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  schema_json TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE TABLE _access_rules (
  collection_id TEXT NOT NULL REFERENCES _collections(id) ON DELETE CASCADE,
  action TEXT NOT NULL,
  filter TEXT,
  PRIMARY KEY (collection_id, action)
);
${POLICIES}
${AUDIT_LOG}`,
  },
  {
    id: '20260521_000002_app_files',
    sql: `
CREATE TABLE _files (
  id TEXT PRIMARY KEY,
  filename TEXT NOT NULL,
  mime TEXT NOT NULL,
  size INTEGER NOT NULL,
  created_at TEXT NOT NULL
);
CREATE INDEX files_created_at ON _files(created_at);`,
  },
  { id: '20260601_000001_app_users', sql: APP_USERS },
];

/** The migrations of a kind of database, in the order in which RustBaas applies them. */
export const MIGRATIONS: Readonly<Record<DatabaseKind, readonly Migration[]>> = {
  system: SYSTEM,
  realm: REALM,
  app: APP,
};
