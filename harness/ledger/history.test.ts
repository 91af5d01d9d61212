import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyEffect, EMPTY_TABLE } from './digest.ts';
import { readLedger } from './history.ts';
import { baseSeq, expectedRows, lastSeq, stateAt, writeAt, writesUpTo } from './history-state.ts';
import type { AckRecord, BaseRecord, Effect, IntentRecord, LedgerRecord, TableState } from './records.ts';
import { sealLedger } from './seal.ts';

const PATH = 'realms/acme/apps/web/data.db';
const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ledger-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function base(change: Partial<BaseRecord> = {}): BaseRecord {
  const tables = { users: applyEffect(EMPTY_TABLE, null, A) };
  return {
    t: 'base',
    db: PATH,
    id: 'id-1',
    epoch: 1,
    at: 1000,
    tables,
    schema: 'schema-0',
    rows: 'baseline.ndjson',
    ...change,
  };
}

function intent(seq: number, effects: readonly Effect[], change: Partial<IntentRecord> = {}): IntentRecord {
  return { t: 'intent', db: PATH, seq, kind: 'record-create', due: seq * 1000, effects, ...change };
}

function ack(seq: number, tables: Record<string, TableState>): AckRecord {
  return { t: 'ack', db: PATH, seq, at: seq * 1000 + 500, tables };
}

const WITH_B = applyEffect(applyEffect(EMPTY_TABLE, null, A), null, B);
const WITH_BC = applyEffect(WITH_B, null, C);
const CREATE_B = intent(1, [['users', '["2"]', null, B]]);
const CREATE_C = intent(2, [['users', '["3"]', null, C]]);
const HAPPY: readonly LedgerRecord[] = [
  CREATE_B,
  ack(1, { users: WITH_B }),
  CREATE_C,
  ack(2, { users: WITH_BC }),
];

function write(records: readonly LedgerRecord[], seed: readonly LedgerRecord[] = [base()]): void {
  const lines = (list: readonly LedgerRecord[]): string =>
    list.map((record) => `${JSON.stringify(record)}\n`).join('');
  writeFileSync(join(dir, 'baseline.ndjson'), `${JSON.stringify(['users', '["1"]', A])}\n`);
  writeFileSync(join(dir, 'seed.ndjson'), lines(seed));
  writeFileSync(join(dir, 'writer-0.ndjson'), lines(records));
}

async function read(
  records: readonly LedgerRecord[],
  seed?: readonly LedgerRecord[],
): Promise<Awaited<ReturnType<typeof readLedger>>> {
  write(records, seed);
  return readLedger(dir);
}

async function history(
  records: readonly LedgerRecord[],
  seed?: readonly LedgerRecord[],
): Promise<NonNullable<ReturnType<Awaited<ReturnType<typeof readLedger>>['databases']['get']>>> {
  const found = (await read(records, seed)).databases.get(PATH);
  if (found === undefined) throw new Error('no history');
  return found;
}

describe('the history of a database', () => {
  test('has fates, instants and latencies', async () => {
    const ledger = await read([...HAPPY, intent(3, [])]);
    expect(ledger.problems).toEqual([]);
    expect(ledger.acknowledged).toBe(2);
    expect(ledger.latencyMs).toEqual({ p50: 0.5, p95: 0.5, p99: 0.5, max: 0.5 });
    const found = ledger.databases.get(PATH);
    expect(found?.writes.map(({ seq, fate, atUs }) => [seq, fate, atUs])).toEqual([
      [1, 'acknowledged', 1500],
      [2, 'acknowledged', 2500],
      [3, 'unknown', null],
    ]);
    expect(found?.seeded).toBe(true);
  });

  describe('of a writer that was killed, and taken up by another', () => {
    const takenUp = (seq: number): LedgerRecord => ({ t: 'taken-up', db: PATH, seq, at: 9000 });

    test('has the write whose fate was open from then on, where the database has it', async () => {
      const found = await history([
        ...HAPPY.slice(0, 3),
        takenUp(2),
        intent(3, []),
        { ...ack(3, {}), at: 9500 },
      ]);
      expect(found.writes.map(({ seq, fate, atUs }) => [seq, fate, atUs])).toEqual([
        [1, 'acknowledged', 1500],
        [2, 'acknowledged', 9000],
        [3, 'acknowledged', 9500],
      ]);
      expect(stateAt(found, 3).tables.get('users')).toEqual(WITH_BC);
      expect(found.refused).toBe(0);
    });

    test('never had it where the database has it not, and gives its number again', async () => {
      const ledger = await read([...HAPPY.slice(0, 3), takenUp(1), intent(2, []), ack(2, {})]);
      expect(ledger.problems).toEqual([]);
      const found = ledger.databases.get(PATH);
      expect(found?.writes.map(({ seq, effects }) => [seq, effects.length])).toEqual([
        [1, 1],
        [2, 0],
      ]);
      expect(found?.refusedWrites).toMatchObject([{ seq: 2, effects: CREATE_C.effects }]);
    });

    test.each([
      [HAPPY, 1, 'is taken up at write 1, and 2 was the last one noted'],
      [HAPPY.slice(0, 3), 0, 'is taken up at write 0, and 1 was the last one noted'],
      [HAPPY, 3, 'is taken up at write 3, and 2 was the last one noted'],
    ])(
      'is a problem when a write is not there that was noted, or one is that was not',
      async (before, seq, words) => {
        const { problems } = await read([...before, takenUp(seq)]);
        expect(problems).toEqual([expect.stringContaining(words)]);
      },
    );
  });

  describe('to which two processes write', () => {
    const JOB = { by: 'job', at: 7000 };
    const jobCreatesC = intent(2, [['users', '["3"]', null, C]], JOB);
    const fates = (found: Awaited<ReturnType<typeof history>>): unknown[] =>
      found.writes.map(({ seq, fate, atUs, effects }) => [seq, fate, atUs, effects.length]);

    test('has both in the order of the lock, also where the other begins before the first is told', async () => {
      const ledger = await read([
        CREATE_B,
        jobCreatesC,
        { ...ack(1, { users: WITH_B }), at: 7100 },
        intent(3, []),
        { ...ack(2, { users: WITH_BC }), at: 7200, by: 'job' },
        { ...ack(3, {}), at: 7300 },
      ]);
      expect(ledger.problems).toEqual([]);
      expect(ledger.acknowledged).toBe(3);
      const found = ledger.databases.get(PATH);
      if (found === undefined) throw new Error('no history');
      expect(fates(found)).toEqual([
        [1, 'acknowledged', 7100, 1],
        [2, 'acknowledged', 7200, 1],
        [3, 'acknowledged', 7300, 0],
      ]);
      expect(stateAt(found, 2).tables.get('users')).toEqual(WITH_BC);
    });

    test('has, after a kill, what the other saw; only of the last one nobody knows', async () => {
      const found = await history([CREATE_B, jobCreatesC]);
      expect(fates(found)).toEqual([
        [1, 'acknowledged', 7000, 1],
        [2, 'unknown', null, 1],
      ]);
    });

    test('never had what was taken back, and gives its number to the other', async () => {
      const taken = { ...jobCreatesC, seq: 1 };
      const withC = applyEffect(applyEffect(EMPTY_TABLE, null, A), null, C);
      const refusal: LedgerRecord = { t: 'refused', db: PATH, seq: 1, at: 7300, error: 'locked' };
      const acknowledged = { ...ack(1, { users: withC }), at: 7200, by: 'job' };
      for (const records of [
        [CREATE_B, taken, acknowledged, refusal],
        [CREATE_B, taken, refusal, acknowledged],
        [CREATE_B, taken, acknowledged],
      ]) {
        const { problems, databases } = await read(records);
        expect(problems).toEqual([]);
        const found = databases.get(PATH);
        expect(found?.refused).toBe(1);
        expect(found?.writes).toMatchObject([{ seq: 1, fate: 'acknowledged', atUs: 7200 }]);
        expect(found?.writes.length).toBe(1);
      }
    });

    test('counts what was turned away before it had the lock', async () => {
      const away: LedgerRecord = {
        t: 'turned-away',
        db: PATH,
        kind: 'record-create',
        at: 7050,
        error: 'database is locked',
      };
      const found = await history([intent(1, [], JOB), away, { ...ack(1, {}), by: 'job' }]);
      expect(found.refused).toBe(1);
      expect(found.writes.length).toBe(1);
    });

    test.each([
      [
        'who is told of a write whose number another has',
        [CREATE_B, { ...jobCreatesC, seq: 1 }, ack(1, { users: WITH_B })],
        'acknowledges write 1, which has no intent',
      ],
      [
        'who refuses a write that another saw',
        [CREATE_B, jobCreatesC, { t: 'refused', db: PATH, seq: 1, at: 7300, error: 'locked' } as const],
        'refuses write 1, which has no intent',
      ],
      [
        'who begins where the other is not yet',
        [CREATE_B, { ...jobCreatesC, seq: 3 }],
        'begins write 3, 2 was to come',
      ],
      [
        'who is told of a state that is not the sum of both',
        [CREATE_B, jobCreatesC, ack(1, { users: WITH_BC })],
        'the acknowledged state of users is not base plus effects',
      ],
    ] satisfies [string, LedgerRecord[], string][])('is a problem with one %s', async (_, records, words) => {
      const { problems } = await read(records);
      expect(problems).toEqual([expect.stringContaining(words)]);
    });
  });

  test('gives the state after every write', async () => {
    const found = await history([
      ...HAPPY,
      intent(3, [], { schema: 'schema-3', created: ['notes'] }),
      ack(3, { notes: EMPTY_TABLE }),
      intent(4, [], { schema: 'schema-4', dropped: ['users'] }),
    ]);
    expect([0, 1, 2].map((seq) => stateAt(found, seq).tables.get('users'))).toEqual([
      applyEffect(EMPTY_TABLE, null, A),
      WITH_B,
      WITH_BC,
    ]);
    expect([...stateAt(found, 3).tables.keys()].toSorted()).toEqual(['notes', 'users']);
    expect([...stateAt(found, 4).tables.keys()]).toEqual(['notes']);
    expect([0, 2, 3, 4].map((seq) => stateAt(found, seq).schema)).toEqual([
      'schema-0',
      'schema-0',
      'schema-3',
      'schema-4',
    ]);
  });

  test('gives the rows after every write', async () => {
    const found = await history([
      ...HAPPY,
      intent(3, [
        ['users', '["1"]', A, null],
        ['users', '["2"]', B, C],
      ]),
    ]);
    const rows = async (seq: number): Promise<Record<string, string>> =>
      Object.fromEntries((await expectedRows(found, seq)).get('users') ?? []);
    expect(await rows(0)).toEqual({ '["1"]': A });
    expect(await rows(2)).toEqual({ '["1"]': A, '["2"]': B, '["3"]': C });
    expect(await rows(3)).toEqual({ '["2"]': C, '["3"]': C });
  });

  test('forgets the rows of a dropped table', async () => {
    const found = await history([
      ...HAPPY,
      intent(3, [], { dropped: ['users'] }),
      ack(3, {}),
      intent(4, [['users', '["9"]', null, C]], { created: ['users'] }),
    ]);
    expect(Object.fromEntries((await expectedRows(found, 3, new Set(['users']))).get('users') ?? [])).toEqual(
      {},
    );
    expect(Object.fromEntries((await expectedRows(found, 4)).get('users') ?? [])).toEqual({ '["9"]': C });
  });

  test('keeps refused writes apart, and gives their number to the next one', async () => {
    const refused = { t: 'refused', db: PATH, seq: 2, at: 2100, error: 'database is full' } as const;
    const found = await history([
      CREATE_B,
      ack(1, { users: WITH_B }),
      intent(2, [['users', '["x"]', null, A]]),
      refused,
      CREATE_C,
      ack(2, { users: WITH_BC }),
    ]);
    expect(found.refused).toBe(1);
    expect(found.refusedWrites.map(({ seq }) => seq)).toEqual([2]);
    expect(found.writes.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test('ends when the file is removed, and begins anew with the next epoch', async () => {
    const gone = { t: 'gone', db: PATH, at: 9000 } as const;
    const ledger = await read([...HAPPY, gone, base({ id: 'id-2', epoch: 2, rows: null, tables: {} })]);
    expect(ledger.problems).toEqual([]);
    expect(ledger.earlier.map(({ deletedUs, writes }) => [deletedUs, writes.length])).toEqual([[9000, 2]]);
    expect(ledger.databases.get(PATH)?.base.epoch).toBe(2);
    expect(ledger.databases.get(PATH)?.seeded).toBe(false);
  });

  test('of a second life goes on where the first was recovered', async () => {
    const found = await history(
      [intent(42, [['users', '["2"]', null, B]]), ack(42, { users: WITH_B })],
      [base({ seq: 41 })],
    );
    expect([baseSeq(found), lastSeq(found)]).toEqual([41, 42]);
    expect(writeAt(found, 42)?.fate).toBe('acknowledged');
    expect(writeAt(found, 41)).toBeNull();
    expect(writesUpTo(found, 41)).toEqual([]);
    expect(stateAt(found, 42).tables.get('users')).toEqual(WITH_B);
  });
});

test('a second life takes the ids that a restore gave back, even twice', async () => {
  const second = base({ seq: 3 });
  expect((await read([], [second, { ...second, db: 'system.db' }])).problems).toEqual([]);
});

describe('a torn last line', () => {
  test('counts as not written', async () => {
    write(HAPPY);
    const file = join(dir, 'writer-0.ndjson');
    truncateSync(file, readFileSync(file).length - 20);
    const ledger = await readLedger(dir);
    expect(ledger.problems).toEqual([]);
    expect(ledger.databases.get(PATH)?.writes.map(({ fate }) => fate)).toEqual(['acknowledged', 'unknown']);
  });

  test('counts as not written even when only its newline is missing', async () => {
    write(HAPPY);
    const file = join(dir, 'writer-0.ndjson');
    truncateSync(file, readFileSync(file).length - 1);
    expect((await readLedger(dir)).databases.get(PATH)?.writes.at(-1)?.fate).toBe('unknown');
  });

  test.each([20, 1])('of the seed is a problem, %d bytes short: nobody kills the seeding', async (bytes) => {
    write(HAPPY, [base(), base({ db: 'system.db', id: 'id-2' })]);
    const file = join(dir, 'seed.ndjson');
    truncateSync(file, readFileSync(file).length - bytes);
    expect((await readLedger(dir)).problems).toEqual(['seed.ndjson: its last line is cut off']);
  });
});

test('counts what the own writer of each file acknowledged, and knows which writers ended by themselves', async () => {
  write([CREATE_B, ack(1, { users: WITH_B }), { t: 'end', at: 7000 }]);
  const beside = { by: 'job' };
  const records = [intent(2, CREATE_C.effects, beside), { ...ack(2, { users: WITH_BC }), ...beside }];
  writeFileSync(
    join(dir, 'writer-1.ndjson'),
    records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
  const ledger = await readLedger(dir);
  expect(ledger.problems).toEqual([]);
  expect(ledger.endsUs).toEqual([7000]);
  expect([...ledger.acknowledgedIn]).toEqual([['writer-0.ndjson', 1]]);
});

describe('a damaged ledger says so', () => {
  const cases: readonly (readonly [name: string, records: readonly LedgerRecord[], problem: RegExp])[] = [
    [
      'a write missing in the middle',
      [CREATE_B, ack(1, { users: WITH_B }), intent(3, [])],
      /begins write 3, 2 was to come/,
    ],
    [
      'an acknowledgement without an intent',
      [ack(1, { users: WITH_B })],
      /acknowledges write 1, which has no intent/,
    ],
    [
      'an intent lost',
      [CREATE_B, ack(1, { users: WITH_B }), ack(2, { users: WITH_BC })],
      /acknowledges write 2, which has no intent/,
    ],
    [
      'an acknowledgement lost',
      [CREATE_B, CREATE_C, ack(2, { users: WITH_BC })],
      /begins write 2 while the fate of write 1 is open/,
    ],
    [
      'a table state that arithmetic does not confirm',
      [CREATE_B, ack(1, { users: WITH_BC })],
      /state of users is not base plus effects/,
    ],
    ['a table state left out', [CREATE_B, ack(1, {})], /state of users is not base plus effects/],
    [
      'a write to a table that is not there',
      [intent(1, [['notes', '[1]', null, A]]), ack(1, {})],
      /touches notes, which is not there/,
    ],
    [
      'a write to a database without a base',
      [{ ...CREATE_B, db: 'system.db' }],
      /system\.db has no base record/,
    ],
    ['a write after the removal', [{ t: 'gone', db: PATH, at: 1 }, CREATE_B], /was removed before/],
    [
      'a base in the place of nothing',
      [{ t: 'gone', db: PATH, at: 1 }, base({ id: 'id-2', epoch: 2, inPlace: true })],
      /takes the place of nothing/,
    ],
    ['a second base', [base({ id: 'id-2' })], /begins a second time/],
    ['two databases with one id', [base({ db: 'system.db' })], /has the database id of/],
    ['a record after the end', [{ t: 'end', at: 1 }, CREATE_B], /after the writer's end/],
    [
      'a refusal without an intent',
      [{ t: 'refused', db: PATH, seq: 1, at: 1, error: '' }],
      /refuses write 1, which has no intent/,
    ],
  ];

  test.each(cases)('%s', async (_name, records, problem) => {
    expect((await read(records)).problems.join('\n')).toMatch(problem);
  });

  test('a line that is no record', async () => {
    write(HAPPY);
    appendFileSync(join(dir, 'writer-0.ndjson'), '{"t":"ack","db"\nnull\n');
    expect((await readLedger(dir)).problems).toEqual([
      'writer-0.ndjson:5: not a ledger record',
      'writer-0.ndjson:6: not a ledger record',
    ]);
  });

  test('no file at all', async () => {
    expect((await readLedger(join(dir, 'nowhere'))).problems).toEqual([
      'the ledger folder holds no ledger file',
    ]);
  });

  test('a baseline that is not the one of the base record', async () => {
    write(HAPPY);
    writeFileSync(join(dir, 'baseline.ndjson'), `${JSON.stringify(['users', '["1"]', B])}\n`);
    const found = (await readLedger(dir)).databases.get(PATH);
    if (found === undefined) throw new Error('no history');
    await expect(expectedRows(found, 1)).rejects.toThrow(/does not give the digest of users/);
  });

  test('more problems than anybody reads are counted', async () => {
    const ledger = await read(Array.from({ length: 80 }, () => ack(1, {})));
    expect(ledger.problems).toHaveLength(51);
    expect(ledger.problems.at(-1)).toBe('and 30 more problems');
  });
});

describe('a sealed ledger', () => {
  test('is sound as long as it is untouched', async () => {
    write(HAPPY);
    await sealLedger(dir);
    expect((await readLedger(dir)).problems).toEqual([]);
  });

  test('notices a tail that was cut at the end of a line, which hides lost writes', async () => {
    write(HAPPY);
    await sealLedger(dir);
    write(HAPPY.slice(0, 2));
    expect((await readLedger(dir)).problems).toEqual([
      expect.stringMatching(/^writer-0\.ndjson has \d+ bytes, it was sealed with \d+$/),
    ]);
  });

  test('notices a changed byte, a removed and an added file', async () => {
    write(HAPPY);
    await sealLedger(dir);
    const file = join(dir, 'writer-0.ndjson');
    writeFileSync(file, readFileSync(file, 'utf8').replace('1500', '1501'));
    expect((await readLedger(dir)).problems).toEqual([
      'writer-0.ndjson was changed after the ledger was sealed',
    ]);
    rmSync(file);
    expect((await readLedger(dir)).problems).toEqual(['writer-0.ndjson is gone']);
    write(HAPPY);
    writeFileSync(join(dir, 'writer-1.ndjson'), '');
    expect((await readLedger(dir)).problems).toEqual([
      'writer-1.ndjson was added after the ledger was sealed',
    ]);
  });

  test('is not believed when the seal itself is damaged', async () => {
    write(HAPPY);
    writeFileSync(join(dir, 'seal.json'), '{');
    expect((await readLedger(dir)).problems).toEqual(['seal.json cannot be read']);
  });
});
