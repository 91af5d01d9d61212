import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig, storeSettings } from './config.ts';
import { SupervisorError } from './failure.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
  file = join(folder, 'rustbase.toml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(text: string, env: Record<string, string> = {}) {
  writeFileSync(file, text);
  return loadConfig(file, env);
}

function problems(text: string, env: Record<string, string> = {}): string {
  try {
    load(text, env);
  } catch (error) {
    if (!(error instanceof SupervisorError)) throw error;
    expect(error).toMatchObject({ code: 'DRILL_E_CONFIG_INVALID', exit: 2 });
    return error.why.replaceAll(file, 'FILE');
  }
  throw new Error('it was accepted');
}

test('the documented page', () => {
  const config = load(`
[litestream]
enabled                = true
bucket                 = "s3://my-rustbase-backups"
prefix                 = "/prod/"
replicate_interval_sec = 10
`);
  expect(config).toEqual({
    dataDir: join(folder, 'data'),
    enabled: true,
    bucket: 'my-rustbase-backups',
    prefix: 'prod',
    replicateIntervalSec: 10,
    stopTimeoutSec: 10,
    lease: true,
    statusListen: null,
  });
});

test('defaults < file < environment', () => {
  expect(load('')).toMatchObject({ enabled: false, replicateIntervalSec: 10 });
  const env = {
    RUSTBASE_DATA_DIR: '/srv/data',
    RUSTBASE_LITESTREAM__ENABLED: 'true',
    RUSTBASE_LITESTREAM__BUCKET: 'from-env',
    RUSTBASE_LITESTREAM__PREFIX: '2026',
    RUSTBASE_LITESTREAM__REPLICATE_INTERVAL_SEC: '0.5',
  };
  expect(load('[litestream]\nbucket = "from-file"\nreplicate_interval_sec = 3', env)).toMatchObject({
    dataDir: '/srv/data',
    enabled: true,
    bucket: 'from-env',
    prefix: '2026',
    replicateIntervalSec: 0.5,
  });
});

test('every problem at once, each with its line', () => {
  const text = `
[litestream]
enabled = "yes"
bucket = 7
replicate_interval_sec = 0
prefx = "prod"
`;
  const lines = problems(text).split(/\n\s+/);
  expect(lines).toEqual([
    'FILE:6: unknown key prefx: did you mean prefix?',
    'FILE:3: enabled must be true or false, not "yes"',
    'FILE:4: bucket must be the name of a bucket, with or without s3://, not 7',
    'FILE:5: replicate_interval_sec must be a number of seconds from 0.01 to 3600, not 0',
  ]);
});

test.for([
  ['[litestream]\nenabled = true', /FILE:1: \[litestream\] bucket is missing/],
  ['[litestrem]\nenabled = true\nbucket = "b"', /FILE:1: unknown section \[litestrem\]/],
  ['listen = "x"\n[litestream\nenabled = true', /FILE:\d+:\d+: /],
  ['litestream = 3', /FILE:1: litestream must be a section/],
  ['data_dir = 3', /FILE:1: data_dir must be a folder/],
  ['[litestream]\nbucket = "s3://bucket/and/path"', /FILE:2: bucket must be/],
  ['[litestream]\nprefix = "a/../b"', /FILE:2: prefix must be/],
  ['[litestream]\nprefix = "a//b"', /FILE:2: prefix must be/],
  ['[litestream]\nstatus_listen = "0.0.0.0:80"', /FILE:2: status_listen must be an address of the loopback/],
  ['[litestream]\nreplicate_interval_sec = "10"', /FILE:2: replicate_interval_sec must be a number/],
  ['[litestream]\nreplicate_interval_sec = nan', /FILE:2: replicate_interval_sec must be a number/],
  ['litestream.replicate_interval_sec = -1', /FILE:1: replicate_interval_sec must be/],
] as const)('%j is refused', ([text, expected]) => {
  expect(problems(text)).toMatch(expected);
});

test('variables that would be ignored without a word are refused', () => {
  expect(problems('', { RUSTBASE_LITESTREAM_BUCKET: 'b' })).toMatch(
    /RUSTBASE_LITESTREAM_BUCKET has no effect/,
  );
  expect(problems('', { RUSTBASE_LITESTREAM__BUKET: 'b' })).toMatch(/did you mean bucket/);
});

test('a file that is not there', () => {
  expect(() => loadConfig(join(folder, 'no.toml'), {})).toThrow(SupervisorError);
});

test('other sections are RustBaas own', () => {
  expect(() =>
    load('listen = "0.0.0.0:8080"\n[storage]\nbackend = "local"\n[mail.smtp]\nhost = "x"'),
  ).not.toThrow();
});

test('endpoint, region and keys come from the environment', () => {
  const config = load('[litestream]\nenabled = true\nbucket = "backups"');
  const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
  expect(storeSettings(config, keys)).toEqual({
    endpoint: null,
    region: 'us-east-1',
    bucket: 'backups',
    accessKeyId: 'id',
    secretAccessKey: 'secret',
    forcePathStyle: false,
  });
  const env = { ...keys, AWS_REGION: 'auto', AWS_ENDPOINT_URL_S3: 'https://x.r2.cloudflarestorage.com/' };
  expect(storeSettings(config, env)).toMatchObject({
    endpoint: 'https://x.r2.cloudflarestorage.com',
    region: 'auto',
    forcePathStyle: true,
  });
  const own = { LITESTREAM_ACCESS_KEY_ID: 'id', LITESTREAM_SECRET_ACCESS_KEY: 'secret' };
  expect(storeSettings(config, own)).toMatchObject({ accessKeyId: 'id', secretAccessKey: 'secret' });
  expect(() => storeSettings(config, {})).toThrow(/no credentials/);
  expect(() => storeSettings(config, { ...keys, AWS_SESSION_TOKEN: 't' })).toThrow(/temporary/);
  expect(() => storeSettings(config, { ...keys, AWS_ENDPOINT_URL_S3: 'minio:9000' })).toThrow(/no address/);
});
