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
  expect(secretsOf(env)).toEqual([env.DRILL_NOTIFY_URL, env.AWS_SECRET_ACCESS_KEY, env.AWS_ACCESS_KEY_ID]);
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
