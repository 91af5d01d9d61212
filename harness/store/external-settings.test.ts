import { expect, it } from 'vitest';
import { DrillError } from '../errors.ts';
import { externalSettings } from './external-settings.ts';

const ENV = {
  DRILL_S3_ENDPOINT: 'https://s3.example.org/',
  DRILL_S3_BUCKET: 's3://backups/',
  AWS_ACCESS_KEY_ID: 'AKIA1',
  AWS_SECRET_ACCESS_KEY: 'one',
};

function problems(env: Record<string, string>): string[] {
  try {
    externalSettings(env);
    return [];
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    expect(error).toMatchObject({ code: 'DRILL_E_CONFIG_INVALID', exit: 2 });
    return [...error.details];
  }
}

it('takes what is given and fills in the rest', () => {
  const writer = {
    endpoint: 'https://s3.example.org',
    region: 'us-east-1',
    bucket: 'backups',
    forcePathStyle: true,
    accessKeyId: 'AKIA1',
    secretAccessKey: 'one',
  };
  expect(externalSettings(ENV)).toEqual({ writer, recovery: null, prefix: 'dr-drill' });
});

it('is AWS itself without an endpoint', () => {
  const { writer } = externalSettings({ ...ENV, DRILL_S3_ENDPOINT: '', DRILL_S3_REGION: 'eu-west-1' });
  expect(writer).toMatchObject({ endpoint: null, region: 'eu-west-1', forcePathStyle: false });
});

it('lets the environment go before the scenario, and stray AWS variables nowhere', () => {
  const place = {
    endpoint: 'http://scenario:9000',
    bucket: 'of-scenario',
    prefix: '/a/b/',
    pathStyle: false,
  };
  const env = {
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_REGION: 'stray',
    AWS_ENDPOINT_URL: 'http://stray',
  };
  expect(externalSettings(env, place)).toMatchObject({
    writer: {
      endpoint: 'http://scenario:9000',
      bucket: 'of-scenario',
      region: 'us-east-1',
      forcePathStyle: false,
    },
    prefix: 'a/b',
  });
  const both = externalSettings({ ...env, DRILL_S3_BUCKET: 'of-env', DRILL_S3_PATH_STYLE: 'true' }, place);
  expect(both.writer).toMatchObject({ bucket: 'of-env', forcePathStyle: true });
});

it('tells everything that is wrong at once, and no secret', () => {
  const found = problems({
    DRILL_S3_ENDPOINT: 'http://user:hidden@host/path?x=1',
    DRILL_S3_BUCKET: 'not a bucket',
    DRILL_S3_PATH_STYLE: 'yes',
    DRILL_S3_PREFIX: 'a/../b',
    DRILL_S3_RECOVERY_ACCESS_KEY_ID: 'AKIA2',
    AWS_SECRET_ACCESS_KEY: 'one',
  }).join('\n');
  for (const words of [
    /ENDPOINT: http:\/\/…@host\/path.* holds a credential/,
    /not a bucket is no name/,
    /PATH_STYLE must be true or false/,
    /PREFIX: a\/\.\.\/b must not hold/,
    /RECOVERY_ACCESS_KEY_ID is set, DRILL_S3_RECOVERY_SECRET_ACCESS_KEY is not/,
    /AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not/,
  ])
    expect(found).toMatch(words);
  expect(found).not.toMatch(/hidden|one/);
});

it.each([
  ['http://host/minio', /goes on after the host: \/minio/],
  ['host:9000', /not http\(s\)/],
  ['ftp://host', /not http\(s\)/],
  ['http://', /not http\(s\)/],
])('refuses the endpoint %s', (endpoint, words) => {
  expect(problems({ ...ENV, DRILL_S3_ENDPOINT: endpoint }).join()).toMatch(words);
});

it('names what is missing', () => {
  expect(problems({})).toEqual([
    'DRILL_S3_BUCKET is not set, and the scenario names no bucket',
    'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set',
  ]);
});
