import { expect, test } from 'vitest';
import { commandsBeyondPage, pageCommands } from './runbook-commands.ts';

const BUCKET = { name: 'drill', prefix: 'prod', endpoint: 'http://localhost:9000' };

test('the page’s own command line, for system.db and all the others', () => {
  expect(pageCommands(BUCKET, ['system.db', 'realms/acme/apps/web/data.db'])).toEqual([
    {
      database: 'system.db',
      beyondPage: null,
      command: 'litestream restore -o data/system.db s3://drill/prod/system.db',
      endpoint: 'http://localhost:9000',
    },
    {
      database: 'realms/acme/apps/web/data.db',
      beyondPage: null,
      command:
        'litestream restore -o data/realms/acme/apps/web/data.db s3://drill/prod/realms/acme/apps/web/data.db',
      endpoint: 'http://localhost:9000',
    },
  ]);
});

test.each([
  ['0.3.13', 'litestream restore -o data/system.db s3://drill.localhost:9000/prod/system.db'],
  [
    '0.5.17',
    "litestream restore -o data/system.db 's3://drill/prod/system.db?endpoint=http://localhost:9000&region=us-east-1'",
  ],
])('what the page does not say, with %s', (version, inUrl) => {
  expect(commandsBeyondPage(BUCKET, ['system.db'], version)).toEqual([
    {
      database: 'system.db',
      beyondPage: 'endpoint-by-address',
      command: 'litestream restore -o data/system.db s3://drill/prod/system.db',
      endpoint: 'http://127.0.0.1:9000',
    },
    {
      database: 'system.db',
      beyondPage: 'endpoint-in-url',
      command: inUrl,
      endpoint: 'http://localhost:9000',
    },
  ]);
});

test('0.3 has no way to a host that it does not know, and AWS itself needs none', () => {
  const far = { ...BUCKET, endpoint: 'https://minio.example.com' };
  expect(commandsBeyondPage(far, ['system.db'], '0.3.13')).toEqual([]);
  expect(commandsBeyondPage(far, ['system.db'], '0.5.17').map(({ beyondPage }) => beyondPage)).toEqual([
    'endpoint-in-url',
  ]);
  expect(commandsBeyondPage({ ...BUCKET, endpoint: null }, ['system.db'], '0.5.17')).toEqual([]);
});
