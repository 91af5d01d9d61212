import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cachedVersions } from './litestream/cache.ts';
import { type ExternalRig, openExternalRig, resultOf } from './store/external-rig.ts';

/**
 * What lies about in a caller's environment changes nothing: Litestream 0.5 does not even start with AWS_CA_BUNDLE, SDKs
 * go elsewhere by AWS_ENDPOINT_URL, and take keys from a profile or a token.
 */
let rig: ExternalRig;
let stray: Record<string, string>;

/** null: the one that came with `npm install`. The other line, which reacts to more of it, where it has been fetched. */
const LITESTREAMS = [null, ...cachedVersions(process.env).filter((version) => version === '0.5.17')];

beforeAll(async () => {
  rig = await openExternalRig();
  const config = join(rig.folder, 'config');
  mkdirSync(config);
  writeFileSync(
    join(config, 'credentials'),
    '[stray]\naws_access_key_id = AKIASTRAY\naws_secret_access_key = x\n',
  );
  writeFileSync(
    join(config, 'config'),
    '[profile stray]\nregion = eu-nowhere-1\nendpoint_url = http://127.0.0.1:1\n',
  );
  stray = {
    AWS_CA_BUNDLE: '/nonexistent',
    AWS_PROFILE: 'stray',
    AWS_CONFIG_FILE: join(config, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(config, 'credentials'),
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
    AWS_SESSION_TOKEN: 'stray',
    AWS_REGION: 'eu-nowhere-1',
    AWS_DEFAULT_REGION: 'eu-nowhere-2',
    AWS_ACCESS_KEY_ID: 'AKIASTRAY',
    AWS_SECRET_ACCESS_KEY: 'stray',
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_USE_DUALSTACK_ENDPOINT: 'true',
    AWS_RETRY_MODE: 'nonsense',
    AWS_MAX_ATTEMPTS: '0',
    LITESTREAM_ACCESS_KEY_ID: 'AKIASTRAY',
    LITESTREAM_SECRET_ACCESS_KEY: 'stray',
    LITESTREAM_CONFIG: '/nonexistent.yml',
  };
});
afterAll(async () => rig[Symbol.asyncDispose]());

it.each(LITESTREAMS)('a drill passes all the same (Litestream %s)', async (litestream) => {
  const chosen = litestream === null ? [] : [`--litestream=${litestream}`];
  const ended = await rig.run(
    ['--scenario=smoke', '--store=embedded', '--seed=1', '--json', ...chosen],
    stray,
  );
  expect(resultOf(ended).scenarios[0]).toMatchObject({ verdict: 'pass' });
  expect(ended.exitCode).toBe(0);
});

it.each(LITESTREAMS)(
  'an external store and `drill restore` take their own variables only (%s)',
  async (litestream) => {
    const chosen = litestream === null ? [] : [`--litestream=${litestream}`];
    const drilled = await rig.run(
      ['--scenario=smoke', '--store=external', '--seed=1', '--json', '--keep', ...chosen],
      { ...stray, ...rig.environment() },
    );
    expect(resultOf(drilled).scenarios[0]).toMatchObject({ verdict: 'pass' });
    const [object] = await rig.store.observer.list('dr-drill/');
    const prefix = /^dr-drill\/[^/]+\/prod/.exec(object?.key ?? '')?.[0] ?? '';
    const { endpoint, bucket, accessKeyId, secretAccessKey } = rig.store.recovery;
    const restored = await rig.run(['restore', `--bucket=${bucket}`, `--prefix=${prefix}`, ...chosen], {
      ...stray,
      AWS_ENDPOINT_URL_S3: endpoint ?? '',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    });
    expect(restored.stdout).toContain('5 restored, 0 not');
    expect(restored.exitCode).toBe(0);
  },
);
