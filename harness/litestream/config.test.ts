import { expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  litestreamIntervals,
  ownIntervalsSuffice,
  renderReplicateConfig,
  replicaUrl,
  unsupportedPath,
} from './config.ts';
import type { LitestreamLine } from './version.ts';

const settings = {
  endpoint: 'http://127.0.0.1:9000',
  region: 'us-east-1',
  bucket: 'drill',
  forcePathStyle: true,
};

function render(
  files: readonly { path: string; file: string }[],
  prefix = 'prod',
  replicateIntervalSec = 10,
) {
  return renderReplicateConfig({ line: '0.3', databases: files, settings, prefix, replicateIntervalSec });
}

test('one entry a database, with where it goes', () => {
  const parsed = parse(render([{ path: 'system.db', file: '/data/system.db' }])) as { dbs: unknown[] };
  expect(parsed.dbs).toEqual([
    {
      path: '/data/system.db',
      'monitor-interval': '1000ms',
      replicas: [
        {
          type: 's3',
          bucket: 'drill',
          path: 'prod/system.db',
          endpoint: 'http://127.0.0.1:9000',
          region: 'us-east-1',
          'force-path-style': true,
          'sync-interval': '5000ms',
          'snapshot-interval': '6h',
          retention: '24h',
          'retention-check-interval': '1h',
        },
      ],
    },
  ]);
});

test.for(['a $HOME b', '${REALM}', '$$', 'x: # y', '"quoted"', 'back\\$slash', '~', 'null', 'ünïcode ☃'])(
  'the text %j survives expansion of the environment and YAML',
  (name) => {
    const text = render([{ path: `${name}.db`, file: `/data/${name}.db` }], `p-${name}`);
    // What Go's os.ExpandEnv does with an empty environment.
    const expanded = text.replaceAll(/\$(\{[^}]*\}|\w+|.)/g, '');
    const parsed = parse(expanded) as { dbs: { path: string; replicas: { path: string }[] }[] };
    expect(parsed.dbs[0]?.path).toBe(`/data/${name}.db`);
    expect(parsed.dbs[0]?.replicas[0]?.path).toBe(`p-${name}/${name}.db`);
  },
);

test.for([0.01, 0.1, 1, 10, 3600])('the intervals keep the promise of %d s', (sec) => {
  const { monitorMs, syncMs } = litestreamIntervals(sec);
  expect(monitorMs).toBeGreaterThan(0);
  expect(monitorMs + syncMs).toBeLessThanOrEqual(sec * 700);
});

test('two databases on one replica are refused', () => {
  const twice = { path: 'system.db', file: '/data/system.db' };
  expect(() => render([twice, twice])).toThrow(/share one replica/);
});

function reason(file: string, line: LitestreamLine = '0.3'): string | null {
  return unsupportedPath({ path: 'x.db', file }, 'prod', line);
}

test('paths that Litestream would take for others are refused', () => {
  expect(reason('/data/x.db')).toBeNull();
  expect(reason('/data/what?.db')).toMatch(/question mark/);
  for (const file of ['/data/a#b.db', '/da%74a/x.db']) {
    expect(reason(file)).toBeNull();
    expect(reason(file, '0.5')).toMatch(/a # or a %XX/);
  }
  expect(reason('/data/100%.db', '0.5')).toBeNull();
  expect(reason('/data/a\nb.db')).toMatch(/control character/);
  expect(unsupportedPath({ path: `${'x'.repeat(1000)}.db`, file: '/x.db' }, 'prod', '0.3')).toMatch(
    /too long/,
  );
});

test('0.5 wants one replica a database, and the rest for all', () => {
  const text = renderReplicateConfig({
    line: '0.5',
    databases: [{ path: 'a $HOME.db', file: '/data/a $HOME.db' }],
    settings,
    prefix: 'prod',
    replicateIntervalSec: 1,
    shutdownSyncMs: 8000,
    socket: 'litestream.sock',
  });
  expect(text).not.toContain('$');
  expect(parse(text)).toMatchObject({
    snapshot: { interval: '6h', retention: '24h' },
    'shutdown-sync-timeout': '8000ms',
    socket: { enabled: true, path: 'litestream.sock' },
    dbs: [
      {
        path: '/data/a $HOME.db',
        'monitor-interval': '200ms',
        replica: { path: 'prod/a $HOME.db', 'sync-interval': '500ms', endpoint: 'http://127.0.0.1:9000' },
      },
    ],
  });
});

test('what is registered at the socket goes to the same key', () => {
  const url = new URL(replicaUrl(settings, 'prod', 'realms/ü #%/a+b?.db'));
  expect(`${url.protocol}//${url.host}`).toBe('s3://drill');
  expect(decodeURIComponent(url.pathname)).toBe('/prod/realms/ü #%/a+b?.db');
  expect(url.searchParams.get('endpoint')).toBe('http://127.0.0.1:9000');
  expect(url.searchParams.get('force-path-style')).toBe('true');
});

test('intervals of 1 s each keep a promise of 3 s, and none of 2 s', () => {
  expect([1, 2, 3, 10].map(ownIntervalsSuffice)).toEqual([false, false, true, true]);
});
