import { describe, expect, it } from 'vitest';
import { holeAt } from './bucket-hole.ts';
import { databasesInBucket } from './bucket-layout.ts';

/** A replica of `app.db` from names and the second of their upload. */
function replica(objects: readonly (readonly [name: string, second: number])[]) {
  const listed = objects.map(([name, second]) => ({
    key: `prod/app.db/${name}`,
    sizeBytes: 1000,
    modifiedAt: new Date(second * 1000),
  }));
  const [database] = databasesInBucket(listed, 'prod');
  if (database === undefined) throw new Error('no replica');
  return database;
}

function ltx(level: number, min: number, max = min): string {
  const txid = (value: number): string => value.toString(16).padStart(16, '0');
  return `000${level}/${txid(min)}-${txid(max)}.ltx`;
}

const GENERATION = 'generations/0123456789abcdef';

function segment(index: number, offset: number): string {
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  return `${GENERATION}/wal/${hex(index)}_${hex(offset)}.wal.lz4`;
}

describe('a hole in LTX files', () => {
  const raw = [1, 2, 3, 4, 5, 6].map((txid) => [ltx(0, txid), txid] as const);

  it('is the first file from the instant on, on every level that has it', () => {
    const hole = holeAt(replica([[ltx(9, 1), 1], ...raw, [ltx(1, 2, 4), 4], [ltx(2, 2, 3), 4]]), 3500);
    expect(hole).toEqual([ltx(0, 4), ltx(1, 2, 4)].map((name) => `prod/app.db/${name}`));
  });

  it('is never in the last file, nor the first after a snapshot, nor in what a snapshot holds', () => {
    expect(holeAt(replica(raw), 6000)).toBeNull();
    expect(holeAt(replica([[ltx(9, 1, 4), 4], ...raw]), 1000)).toBeNull();
    expect(holeAt(replica([[ltx(9, 1, 3), 4], ...raw]), 1000)).toEqual([`prod/app.db/${ltx(0, 5)}`]);
  });
});

describe('a hole in a generation', () => {
  const snapshot = [`${GENERATION}/snapshots/00000000.snapshot.lz4`, 1] as const;

  it('is one segment from the instant on, never the first of its WAL and never the last', () => {
    const database = replica([
      snapshot,
      [segment(0, 0), 1],
      [segment(0, 4152), 2],
      [segment(1, 0), 3],
      [segment(1, 4152), 4],
      [segment(1, 8304), 5],
    ]);
    expect(holeAt(database, 1000)).toEqual([`prod/app.db/${segment(0, 4152)}`]);
    expect(holeAt(database, 2500)).toEqual([`prod/app.db/${segment(1, 4152)}`]);
    expect(holeAt(database, 4500)).toBeNull();
  });

  it('is nowhere without a snapshot', () => {
    expect(
      holeAt(
        replica([
          [segment(0, 0), 1],
          [segment(0, 4152), 2],
          [segment(0, 8304), 3],
        ]),
        0,
      ),
    ).toBeNull();
  });
});
