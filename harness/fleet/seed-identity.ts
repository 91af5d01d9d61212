import { encryptClientSecret, secretBytes } from './credentials.ts';
import { timestamp, token } from './ids.ts';
import { rowsOf } from './seed-context.ts';
import type { SeedContext } from './seed-context.ts';

const HOUR_MS = 3_600_000;
const PROVIDERS = ['google', 'github'] as const;

export interface SeededUser {
  readonly id: string;
  readonly email: string;
}

/** The rarer tables around an app's users: OAuth, mail tokens, one-time codes, second factors. */
export function insertIdentityRows(context: SeedContext, users: readonly SeededUser[]): void {
  const { random, seed, planned } = context;
  const kek = secretBytes(seed, 'oauth_kek');
  context.insert(
    'oauth_providers',
    PROVIDERS.map((provider) => [
      provider,
      `${token(random)}.apps.example.com`,
      encryptClientSecret(kek, token(random), `${seed}\n${planned.path}\n${provider}`),
      '{"scopes":["openid","email"]}',
    ]),
  );
  context.insert(
    'user_oauth_links',
    users
      .slice(0, 5)
      .map((user, index) => [
        user.id,
        PROVIDERS[index % PROVIDERS.length] ?? PROVIDERS[0],
        String(random.int(10_000_000, 99_999_999)),
      ]),
  );
  insertUserTokens(context, '_email_verifications', users.slice(0, 4));
  insertUserTokens(context, '_password_resets', users.slice(0, 2));
  insertUserTokens(context, '_mfa_challenges', users.slice(0, 2));
  insertOneTimeRows(context, users);
}

function insertUserTokens(context: SeedContext, table: string, users: readonly SeededUser[]): void {
  context.insert(
    table,
    users.map((user, index) => {
      const issuedMs = context.nextMs();
      const consumed = index % 2 === 0 ? timestamp(issuedMs + 60_000) : null;
      return [token(context.random), user.id, timestamp(issuedMs), timestamp(issuedMs + HOUR_MS), consumed];
    }),
  );
}

function insertOneTimeRows(context: SeedContext, users: readonly SeededUser[]): void {
  const { random } = context;
  context.insert(
    '_email_otps',
    rowsOf(3, (index) => {
      const issuedMs = context.nextMs();
      const email = users[index]?.email ?? `not-a-user-yet.${index}@example.org`;
      const code = String(random.int(100_000, 999_999));
      return [null, code, email, timestamp(issuedMs), timestamp(issuedMs + HOUR_MS), null, random.int(0, 2)];
    }),
  );
  const stateMs = context.nextMs();
  context.insert('_oauth_states', [
    [
      token(random),
      PROVIDERS[0],
      'https://app.example.com/callback',
      timestamp(stateMs),
      timestamp(stateMs + HOUR_MS),
      null,
    ],
  ]);
  context.insert(
    '_user_totp',
    users.slice(0, 2).map((user) => {
      const at = timestamp(context.nextMs());
      return [user.id, base32(random), at, at, 1];
    }),
  );
}

function base32(random: SeedContext['random']): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return Array.from({ length: 32 }, () => alphabet[random.int(0, 31)]).join('');
}
