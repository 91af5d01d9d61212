import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { readLedger } from '../ledger/history.ts';
import { expectedRows } from '../ledger/history-state.ts';
import { type LedgerFile, ledgerFile } from '../ledger/ledger-file.ts';
import type { LedgerRecord } from '../ledger/records.ts';
import {
  livingEqualLedger,
  scanDatabase,
  type SeededFleet,
  seedSmall,
  smallScenario,
} from './fleet-fixture.ts';
import { type Order, type OrderAnswer, orderSchema } from './orders.ts';
import { runWriter } from './writer.ts';

/** A writer that gets orders at its first turn, and writes on after them. `before`: hears of each record before it is noted. */
async function writeWith(
  fleet: SeededFleet,
  orders: readonly Order[],
  before: (record: LedgerRecord) => void = () => undefined,
): Promise<OrderAnswer[]> {
  const answers: OrderAnswer[] = [];
  const descriptor = openSync(join(fleet.ledgerDir, 'writer-0.ndjson'), 'a');
  const end = new AbortController();
  const file = ledgerFile(descriptor);
  const ledger: LedgerFile = {
    append: (record) => {
      before(record);
      file.append(record);
    },
  };
  let acknowledged = 0;
  try {
    await runWriter({
      options: {
        planPath: '',
        dataDir: fleet.dataDir,
        writerIndex: 0,
        life: 1,
        writesPerSecond: 3000,
        durationMs: 400,
        mode: 'load',
      },
      plan: fleet.plan,
      ledger,
      started: Promise.resolve(),
      orders: [...orders],
      ended: end.signal,
      say: (line) => {
        if ('order' in line) answers.push(line);
        if (!('acknowledged' in line)) return;
        acknowledged = line.acknowledged;
        if (acknowledged >= 1200) end.abort();
      },
    });
  } finally {
    closeSync(descriptor);
  }
  return answers;
}

async function withFleet(body: (fleet: SeededFleet, paths: string[]) => Promise<void>): Promise<void> {
  const fleet = await seedSmall(smallScenario({ fleet: { realms: 2, appsPerRealm: 2, idleShare: 0 } }), 5);
  const apps = fleet.plan.databases.flatMap(({ kind, path }) => (kind === 'app' ? [path] : []));
  try {
    await body(fleet, apps);
  } finally {
    fleet[Symbol.dispose]();
  }
}

it('checkpoints, vacuums and changes the journal mode between writes, and changes no row by that', async () => {
  await withFleet(async (fleet, paths) => {
    const acts = [
      'checkpoint-truncate',
      'vacuum',
      'checkpoint-restart',
      'journal-mode-delete',
      'journal-mode-wal',
    ];
    const answers = await writeWith(
      fleet,
      acts.map((act, order) => orderSchema.parse({ order: String(order), act, paths })),
    );
    expect(answers).toEqual(acts.map((_, order) => ({ order: String(order), done: 4, kept: 0, failed: [] })));
    livingEqualLedger(fleet);
  });
});

it('says where it could not, because another connection reads', async () => {
  await withFleet(async (fleet, [path = '']) => {
    const orders = ['checkpoint-truncate', 'journal-mode-delete'].map((act) =>
      orderSchema.parse({ order: act, act, paths: [path], busyMs: 50 }),
    );
    const reader = new Sqlite(join(fleet.dataDir, path));
    try {
      // A reader of an empty WAL would keep nobody from emptying it.
      reader.exec('UPDATE _drill_state SET life = 1; BEGIN;');
      reader.prepare('SELECT seq FROM _drill_state').get();
      const [, truncated, left] = await writeWith(fleet, [
        orderSchema.parse({ order: 'v', act: 'vacuum', paths: [path] }),
        ...orders,
      ]);
      expect(truncated).toMatchObject({
        done: 0,
        kept: 1,
        failed: [expect.stringContaining('was kept from its end')],
      });
      expect(left).toMatchObject({ done: 0, kept: 1, failed: [expect.stringContaining('locked')] });
    } finally {
      reader.close();
    }
  });
});

it.each(['recreate', 'replace-by-rename', 'replace-by-copy'] as const)(
  '%s: another database is at the path, and the ledger knows both',
  async (act) => {
    await withFleet(async (fleet, [path = '']) => {
      const { ledgerDir } = fleet;
      const [answer] = await writeWith(fleet, [
        orderSchema.parse({ order: 'new', act, paths: [path], epoch: 2, ledgerDir }),
      ]);
      expect(answer).toEqual({ order: 'new', done: 1, kept: 0, failed: [] });
      livingEqualLedger(fleet);
      const { databases, earlier, problems } = await readLedger(ledgerDir);
      expect(problems).toEqual([]);
      expect(earlier.map(({ base }) => [base.db, base.epoch])).toEqual([[path, 1]]);
      const history = databases.get(path);
      if (history === undefined) throw new Error('no history');
      expect(history.base.epoch).toBe(2);
      expect(history.writes.length).toBeGreaterThan(0);
      // Row by row as well: that is how a damage of it would be told.
      const rows = await expectedRows(history, history.writes.length);
      const { tables } = scanDatabase(join(fleet.dataDir, path));
      for (const [table, [count]] of tables) expect(rows.get(table)?.size, table).toBe(count);
      if (act !== 'recreate') expect(history.blobs.size).toBeGreaterThan(0);
      expect([...history.blobs.values()].filter(({ seeded }) => !seeded).length).toBeLessThan(
        history.writes.length,
      );
    });
  },
);

it.each(['replace-by-rename', 'replace-by-copy'] as const)(
  '%s: the ledger has the new life in one record, and no sooner than the disk',
  async (act) => {
    await withFleet(async (fleet, [path = '']) => {
      const { ledgerDir, dataDir } = fleet;
      const seen: unknown[] = [];
      const order = orderSchema.parse({ order: 'new', act, paths: [path], epoch: 2, ledgerDir });
      // Whatever is noted here is the last that a SIGKILL leaves.
      await writeWith(fleet, [order], (record) => {
        if (record.t !== 'gone' && record.t !== 'base') return;
        const db = new Sqlite(join(dataDir, path), { readonly: true });
        seen.push([record.t, db.prepare('SELECT epoch FROM _drill_identity').pluck().get()]);
        db.close();
      });
      expect(seen).toEqual([['base', 2]]);
      const [before] = (await readLedger(ledgerDir)).earlier;
      expect(before?.deletedUs).toBe((await readLedger(ledgerDir)).databases.get(path)?.base.at);
    });
  },
);
