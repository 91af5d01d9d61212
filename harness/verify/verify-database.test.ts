import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DATABASE_CHECK_IDS } from '../evidence/checks.ts';
import { createInBand, writeTableStates } from '../fleet/in-band.ts';
import { applyEffect, EMPTY_TABLE, scanTable, schemaDigest } from '../ledger/digest.ts';
import type { DatabaseHistory, LedgerWrite } from '../ledger/history.ts';
import type { Effect, TableState } from '../ledger/records.ts';
import { observeAll } from './observe-pool.ts';
import type { Observation } from './observation.ts';
import { observeDatabase, unobserved } from './observe.ts';
import { judgeObservation, verifyDatabase } from './verify-database.ts';

/** A database and a history made by hand: what no writer does, such as a refused or an unanswered write, is here too. */
const PATH = 'hooks/stray.db';
const KILL_US = 10_000_000;

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'verify-'));
  file = join(dir, 'stray.db');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Rows `[id, text]` in the file; `seq` and the states in band as the ledger would have them. */
function place(rows: readonly (readonly [string, string])[], seq: number, history: DatabaseHistory): void {
  rmSync(file, { force: true });
  const db = new Database(file);
  db.exec('CREATE TABLE notes (id TEXT PRIMARY KEY, text TEXT)');
  createInBand(db, { databaseId: history.base.id, path: PATH, epoch: 1, createdAt: 'then' });
  for (const row of rows) db.prepare('INSERT INTO notes VALUES (?, ?)').run(...row);
  db.prepare('UPDATE _drill_state SET seq = ?').run(seq);
  writeTableStates(db, { notes: stateAfter(history, seq) });
  db.pragma('journal_mode = WAL');
  db.close();
}

function stateAfter(history: DatabaseHistory, seq: number): TableState {
  return history.writes.findLast((write) => write.seq <= seq)?.tables['notes'] ?? EMPTY_TABLE;
}

/** Hash of a row with this content. */
function hashOf(id: string, text: string): string {
  const db = new Database(':memory:');
  db.exec('CREATE TABLE notes (id TEXT PRIMARY KEY, text TEXT)');
  db.prepare('INSERT INTO notes VALUES (?, ?)').run(id, text);
  let hash = '';
  scanTable(db, 'notes', (_key, found) => {
    hash = found;
  });
  db.close();
  return hash;
}

/** `[id, before, after]` of each write; the last one's fate may be open. */
type Step = readonly [id: string, before: string | null, after: string | null];

function historyOf(
  steps: readonly Step[],
  lastUnknown = false,
  refused: readonly Step[] = [],
): DatabaseHistory {
  let state: TableState = EMPTY_TABLE;
  const effectOf = ([id, before, after]: Step): Effect => [
    'notes',
    JSON.stringify([id]),
    before === null ? null : hashOf(id, before),
    after === null ? null : hashOf(id, after),
  ];
  const writes = steps.map((step, index): LedgerWrite => {
    const effect = effectOf(step);
    state = applyEffect(state, effect[2], effect[3]);
    const isOpen = lastUnknown && index === steps.length - 1;
    return {
      seq: index + 1,
      kind: 'record-create',
      fate: isOpen ? 'unknown' : 'acknowledged',
      atUs: isOpen ? null : (index + 1) * 1_000_000,
      dueUs: 0,
      effects: [effect],
      schema: null,
      created: [],
      dropped: [],
      tables: { notes: state },
    };
  });
  return {
    path: PATH,
    ledgerDir: dir,
    base: {
      t: 'base',
      db: PATH,
      id: 'mine',
      epoch: 1,
      at: 500_000,
      tables: { notes: EMPTY_TABLE },
      schema: schema(),
      rows: null,
    },
    seeded: true,
    writes,
    refused: refused.length,
    refusedWrites: refused.map((step, index) => ({
      seq: index + 1,
      kind: 'record-create',
      effects: [effectOf(step)],
    })),
    deletedUs: null,
    blobs: new Map(),
    hooks: new Map(),
  };
}

function schema(): string {
  // On a disk as the restored one: the digest has the journal mode in it.
  const like = join(dir, 'like.db');
  const db = new Database(like);
  db.exec('CREATE TABLE notes (id TEXT PRIMARY KEY, text TEXT)');
  createInBand(db, { databaseId: '', path: '', epoch: 1, createdAt: '' });
  try {
    return schemaDigest(db);
  } finally {
    db.close();
    rmSync(like);
  }
}

const ABC: readonly Step[] = [
  ['a', null, '1'],
  ['b', null, '1'],
  ['c', null, '1'],
];

async function verify(history: DatabaseHistory): Promise<{
  found: unknown[];
  lost: readonly number[];
  ages: readonly number[];
  point: number | undefined;
}> {
  const { verified, lostWrites, lostWriteAgesMs } = await verifyDatabase({
    file,
    history,
    killUs: KILL_US,
    scratchDir: dir,
  });
  expect(verified?.thrown).toEqual([]);
  expect(verified?.sha256).toBe(createHash('sha256').update(readFileSync(file)).digest('hex'));
  const found = (verified?.findings ?? []).map(({ check, count }) => [check, count]);
  return { found, lost: lostWrites, ages: lostWriteAgesMs, point: verified?.recoveryPoint };
}

describe('a write of unknown fate', () => {
  const history = (): DatabaseHistory => historyOf(ABC, true);

  test('may be there', async () => {
    place(
      [
        ['a', '1'],
        ['b', '1'],
        ['c', '1'],
      ],
      3,
      history(),
    );
    expect(await verify(history())).toEqual({ found: [], lost: [], ages: [], point: 3 });
  });

  test('may be absent', async () => {
    place(
      [
        ['a', '1'],
        ['b', '1'],
      ],
      2,
      history(),
    );
    expect(await verify(history())).toEqual({ found: [], lost: [], ages: [], point: 2 });
  });

  test('may not be there by half: its number without its row', async () => {
    place(
      [
        ['a', '1'],
        ['b', '1'],
      ],
      3,
      history(),
    );
    expect(await verify(history())).toEqual({ found: [['row-counts', 1]], lost: [], ages: [], point: 2 });
  });

  test('does not hide a loss before it', async () => {
    place(
      [
        ['a', '1'],
        ['c', '1'],
      ],
      3,
      history(),
    );
    expect(await verify(history())).toEqual({
      found: [
        ['contiguity', 1],
        ['row-counts', 1],
      ],
      lost: [2],
      ages: [8000],
      point: 1,
    });
  });
});

describe('a refused write', () => {
  test('must be absent', async () => {
    const history = historyOf(ABC.slice(0, 1), false, [['x', null, '1']]);
    place(
      [
        ['a', '1'],
        ['x', '1'],
      ],
      1,
      history,
    );
    const { verified } = await verifyDatabase({ file, history, killUs: KILL_US, scratchDir: dir });
    expect(verified?.findings.map(({ check, count }) => [check, count])).toEqual([['no-phantoms', 1]]);
    expect(verified?.findings[0]?.detail).toMatch(/refused writes 1 would have made such rows/);
  });
});

describe('lost writes', () => {
  test('have their ages at the kill, oldest first', async () => {
    const history = historyOf(ABC);
    place([['a', '1']], 1, history);
    expect(await verify(history)).toEqual({ found: [], lost: [2, 3], ages: [8000, 7000], point: 1 });
  });

  test('of a row with an older content are those after that content', async () => {
    const history = historyOf([
      ['a', null, '1'],
      ['a', '1', '2'],
      ['b', null, '1'],
      ['a', '2', '3'],
      ['c', null, '1'],
    ]);
    place(
      [
        ['a', '1'],
        ['b', '1'],
        ['c', '1'],
      ],
      5,
      history,
    );
    expect(await verify(history)).toEqual({
      found: [
        ['contiguity', 2],
        ['content', 1],
      ],
      lost: [2, 4],
      ages: [8000, 6000],
      point: 1,
    });
  });

  test('of a row that came back to an older content are only those after the last time it had it', async () => {
    const history = historyOf([
      ['a', null, '1'],
      ['a', '1', '2'],
      ['a', '2', '1'],
      ['a', '1', '3'],
      ['b', null, '1'],
    ]);
    place(
      [
        ['a', '1'],
        ['b', '1'],
      ],
      5,
      history,
    );
    expect(await verify(history)).toEqual({
      found: [
        ['contiguity', 1],
        ['content', 1],
      ],
      lost: [4],
      ages: [6000],
      point: 3,
    });
  });

  test('of a row that was deleted and made anew are those of its last life', async () => {
    const history = historyOf([
      ['a', null, '1'],
      ['a', '1', null],
      ['a', null, '2'],
      ['b', null, '1'],
    ]);
    place([['b', '1']], 4, history);
    expect(await verify(history)).toEqual({
      found: [
        ['contiguity', 1],
        ['row-counts', 1],
      ],
      lost: [3],
      ages: [7000],
      point: 2,
    });
  });

  test('leave no trace when a row came and went, and are found all the same', async () => {
    const history = historyOf([
      ['a', null, '1'],
      ['b', null, '1'],
      ['b', '1', null],
      ['a', '1', '2'],
    ]);
    place([['a', '1']], 4, history);
    const { lost, point, found } = await verify(history);
    // The rows are those of write 1, and of write 3 as well: nothing proves that 2 and 3 are missing.
    expect({ lost, point, found }).toEqual({ lost: [4], point: 3, found: [['content', 1]] });
  });

  test('of a removed database are none', async () => {
    const history = { ...historyOf(ABC), deletedUs: 9_000_000 };
    place([['a', '1']], 1, history);
    expect((await verify(history)).lost).toEqual([]);
  });
});

describe('what is not the fault of the file', () => {
  test('makes no loss and no finding, but checks that did not run', async () => {
    const history = historyOf(ABC);
    const verdict = await judgeObservation(unobserved('no space left on device'), {
      history,
      killUs: KILL_US,
      diff: () => Promise.reject(new Error('not reached')),
      ownerOf: () => null,
    });
    expect(verdict.verified?.findings).toEqual([]);
    expect(verdict.verified?.checksRun).toEqual([]);
    expect(verdict.verified?.thrown.map(({ check }) => check)).toEqual([...DATABASE_CHECK_IDS]);
    expect(verdict.lostWrites).toEqual([]);
  });

  test('a baseline that is gone leaves the row checks open', async () => {
    const history = { ...historyOf(ABC), base: { ...historyOf(ABC).base, rows: 'gone.ndjson' } };
    place(
      [
        ['a', '1'],
        ['b', '1'],
        ['c', '2'],
      ],
      3,
      history,
    );
    const { verified, lostWrites } = await verifyDatabase({
      file,
      history,
      killUs: KILL_US,
      scratchDir: dir,
    });
    expect(verified?.checksRun).toEqual(['identity', 'integrity', 'foreign-keys']);
    expect(verified?.thrown.map(({ check }) => check)).toEqual([
      'schema',
      'contiguity',
      'no-phantoms',
      'row-counts',
      'content',
    ]);
    expect(lostWrites).toEqual([]);
  });

  test('a scratch folder that is not there', async () => {
    const history = historyOf(ABC);
    place([['a', '1']], 1, history);
    const { verified } = await verifyDatabase({
      file,
      history,
      killUs: KILL_US,
      scratchDir: join(dir, 'nowhere'),
    });
    expect(verified?.findings).toEqual([]);
    expect(verified?.checksRun).toEqual([]);
  });
});

describe('reading a file', () => {
  test('leaves nothing beside it, also for a WAL database', () => {
    place([['a', '1']], 1, historyOf(ABC));
    const db = new Database(file);
    db.pragma('journal_mode = WAL');
    db.exec("UPDATE notes SET text = 'x'");
    db.close();
    chmodSync(dir, 0o755);
    const observation = observeDatabase(file, tmpdir());
    expect(observation.unreadable).toBeNull();
    expect(readdirSync(dir)).toEqual(['stray.db']);
  });

  test('does not apply a -wal that lies beside it', () => {
    place([['a', '1']], 1, historyOf(ABC));
    const before = observeDatabase(file, dir);
    writeFileSync(`${file}-wal`, 'anything');
    expect(observeDatabase(file, dir).tables).toEqual(before.tables);
    expect(readdirSync(dir).toSorted()).toEqual(['stray.db', 'stray.db-wal']);
  });

  test('goes on in other threads when one file cannot be read at all', async () => {
    place([['a', '1']], 1, historyOf(ABC));
    const seen = new Map<number, Observation>();
    await observeAll([join(dir, 'missing.db'), file, file], dir, 2, async (index, observation) => {
      seen.set(index, observation);
    });
    expect(new Set(seen.keys())).toEqual(new Set([0, 1, 2]));
    expect(seen.get(0)).toMatchObject({ unreadable: expect.stringMatching(/no such file/), sha256: null });
    expect(seen.get(2)?.tables.get('notes')?.[0]).toBe(1);
  });
});
