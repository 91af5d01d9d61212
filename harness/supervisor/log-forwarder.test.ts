import { expect, test } from 'vitest';
import type { LogFields } from './log.ts';
import { LogForwarder } from './log-forwarder.ts';

function forwarder() {
  const records: { level: string; msg: string; fields: LogFields | undefined }[] = [];
  const clock = { ms: 0 };
  const log = {
    write: (level: string, msg: string, fields?: LogFields) => void records.push({ level, msg, fields }),
  };
  return { records, clock, forward: new LogForwarder(log, '/srv/data', () => clock.ms) };
}

test('a record keeps its fields and names its database', () => {
  const { records, forward } = forwarder();
  const line =
    '{"time":"t","level":"ERROR","msg":"sync error","db":"/srv/data/realms/a/realm.db","error":"boom"}\n';
  forward.push(line.slice(0, 30));
  forward.push(line.slice(30));
  expect(records).toEqual([
    {
      level: 'error',
      msg: 'sync error',
      fields: { source: 'litestream', database: 'realms/a/realm.db', error: 'boom' },
    },
  ]);
});

test('a line that is no record is passed on, also the last one without an end', () => {
  const { records, forward } = forwarder();
  forward.push('panic: boom\n\nmore');
  forward.end();
  expect(records.map(({ msg }) => msg)).toEqual(['panic: boom', 'more']);
});

test('a line without end is cut, and what follows it is whole again', () => {
  const { records, forward } = forwarder();
  for (let i = 0; i < 100; i++) forward.push('x'.repeat(1000));
  forward.push('\nnext\n');
  expect(records.map(({ msg }) => msg.length)).toEqual([16 * 1024, 4]);
});

test('an error that comes every second is told every ten, with the number of those held back', () => {
  const { records, clock, forward } = forwarder();
  for (let second = 0; second < 25; second++) {
    clock.ms = second * 1000;
    forward.push('{"level":"ERROR","msg":"sync error","db":"/srv/data/a.db"}\n');
  }
  forward.push('{"level":"ERROR","msg":"sync error","db":"/srv/data/b.db"}\n');
  expect(records.map(({ fields }) => [fields?.['database'], fields?.['repeated']])).toEqual([
    ['a.db', undefined],
    ['a.db', 9],
    ['a.db', 9],
    ['b.db', undefined],
  ]);
});

test.for([
  [
    'the path beside it',
    '"db":"data.db","path":"/srv/data/realms/a/apps/b/data.db"',
    'realms/a/apps/b/data.db',
  ],
  [
    'the folder in the error',
    '"db":"data.db","error":"open /srv/data/realms/a/apps/b/.data.db-litestream/ltx/0/1.ltx: no"',
    'realms/a/apps/b/data.db',
  ],
  [
    'the WAL in the error',
    '"db":"system.db","error":"open /srv/data/system.db-wal: no such file"',
    'system.db',
  ],
  ['its last part alone', '"db":"data.db","error":"boom"', 'data.db'],
] as const)('0.5 names a database by %s', ([, fields, database]) => {
  const { records, forward } = forwarder();
  forward.push(
    `{"level":"ERROR","msg":"compaction failed",${fields.replace('"db"', '"system":"store","db"')},"level":9}\n`,
  );
  expect(records[0]).toMatchObject({ level: 'error', fields: { database } });
});
