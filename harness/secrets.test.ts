import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { redacted, redactedValue, redactFolder, secretsOf } from './secrets.ts';

test('what the environment holds: values of telling names, not the short ones', () => {
  const env = {
    AWS_SECRET_ACCESS_KEY: 'aws-secret-value',
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    DRILL_NOTIFY_URL: 'https://hooks.example/T0/aws-secret-value',
    GITHUB_TOKEN: 'short',
    PATH: '/usr/local/bin',
  };
  const found = secretsOf(env);
  for (const secret of [env.DRILL_NOTIFY_URL, env.AWS_SECRET_ACCESS_KEY, env.AWS_ACCESS_KEY_ID])
    expect(found).toContain(secret);
  for (const plain of [env.GITHUB_TOKEN, env.PATH]) expect(found).not.toContain(plain);
  expect(found.map(({ length }) => length)).toEqual(
    found.map(({ length }) => length).toSorted((a, b) => b - a),
  );
});

test('also of passphrases, of personal tokens, and passwords in an address', () => {
  const env = {
    KEY_PASSPHRASE: 'correct-horse',
    CI_PAT: 'ghp_0123456789',
    PROXY_AUTHORIZATION: 'Basic dXNlcg==',
    HTTPS_PROXY: 'http://user:pass%2Bword1@proxy:3128',
    DATABASE_URL: 'postgres://me@host/db',
    PATTERN: 'not-a-secret',
  };
  const found = secretsOf(env);
  for (const secret of ['correct-horse', 'ghp_0123456789', 'Basic dXNlcg==', 'pass%2Bword1', 'pass+word1'])
    expect(found).toContain(secret);
  for (const plain of [env.HTTPS_PROXY, env.DATABASE_URL, env.PATTERN]) expect(found).not.toContain(plain);
});

test('as they stand in an address and in a header too', () => {
  const found = secretsOf({ API_TOKEN: 'ab+cd/ef=gh' });
  const texts = ['x ab+cd/ef=gh', `?t=${encodeURIComponent('ab+cd/ef=gh')}`, `Basic ${btoa('ab+cd/ef=gh')}`];
  for (const text of texts) expect(redacted(text, found)).toMatch(/^(x |\?t=|Basic )\[redacted\]$/);
});

test('inside of a header that names a user too, wherever the secret begins', () => {
  const found = secretsOf({ API_TOKEN: 'ab+cd/ef=gh?' });
  for (const user of ['', 'u', 'us', 'use', 'user']) {
    const header = btoa(`${user}:ab+cd/ef=gh?:realm`);
    const left = redacted(header, found);
    expect(left).toContain('[redacted]');
    // No three characters of it can be read from what is left on either side.
    const read = left.split('[redacted]').map((part) => atob(part.slice(0, part.length - (part.length % 4))));
    expect(read.filter((text) => /ab\+|=gh|gh\?/.test(text))).toEqual([]);
  }
});

test('of proxies without a scheme, and of lists of addresses', () => {
  const found = secretsOf({
    HTTP_PROXY: 'me:proxy-pass-1@proxy:3128',
    BROKERS: 'amqp://a:broker-pass-1@one, amqp://b:broker-pass-2@two',
    NO_PROXY: 'localhost,127.0.0.1',
    MAIL: 'somebody@example.org',
  });
  for (const secret of ['proxy-pass-1', 'broker-pass-1', 'broker-pass-2']) expect(found).toContain(secret);
  expect(redacted('localhost,127.0.0.1 somebody@example.org', found)).not.toContain('[redacted]');
});

test('texts and values lose them, and nothing else', () => {
  expect(redacted('a hunter22222 b hunter22222', ['hunter22222'])).toBe('a [redacted] b [redacted]');
  const value = { count: 1, list: ['x hunter22222', null, true], hunter22222: 'y' };
  expect(redactedValue(value, ['hunter22222'])).toEqual({ ...value, list: ['x [redacted]', null, true] });
  expect(redactedValue(value, [])).toBe(value);
});

it('files of child processes lose them, byte for byte nothing else', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drill-secrets-'));
  try {
    mkdirSync(join(folder, 'logs'));
    const secret = 'pä"ss-word\n1';
    const log = join(folder, 'logs', 'x.log');
    writeFileSync(
      log,
      Buffer.concat([Buffer.from([0xff, 0x00]), Buffer.from(`${secret}é ${JSON.stringify(secret)}`)]),
    );
    writeFileSync(join(folder, 'other'), 'untouched');
    redactFolder(folder, [secret]);
    expect(readFileSync(log)).toEqual(
      Buffer.concat([Buffer.from([0xff, 0x00]), Buffer.from('[redacted]é "[redacted]"')]),
    );
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('untouched');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
