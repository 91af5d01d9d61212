import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Finding } from '../evidence/checks.ts';
import type { DatabaseHistory, Ledger } from '../ledger/history.ts';
import { type BaselineSource, baseSeq, expectedRows } from '../ledger/history-state.ts';
import { cleanHostFindings } from './clean-host.ts';
import { counted, finding } from './finding.ts';
import { isAsInLedger } from './fleet-view.ts';
import { listRestored } from './restored-folder.ts';
import { sameState } from './table-state.ts';
import type { VerifiedDatabase } from './verify-database.ts';
import { type FleetVerification, notThere, verifyAll, type VerifyFleetOptions } from './verify-fleet.ts';

export interface VerifySecondLifeOptions extends Pick<VerifyFleetOptions, 'parallelism' | 'onProgress'> {
  /** What came back from the bucket after the second life. */
  readonly restoredDir: string;
  /** What the first restore was found to be. */
  readonly first: FleetVerification;
  readonly firstLedger: Ledger;
  readonly secondLedger: Ledger;
  /** Where the disk of the second life was; null: of none that had one. */
  readonly deadDataDir: string | null;
  /** The end of the second life. */
  readonly killUs: number;
}

/**
 * `second-life`: the second restore holds both lives. What the new host wrote is held against its own ledger, which
 * begins with what the first restore gave back; and that beginning is held against what was verified then.
 */
export async function verifySecondLife(options: VerifySecondLifeOptions): Promise<FleetVerification> {
  const { restoredDir, first, firstLedger, secondLedger, deadDataDir, killUs } = options;
  const entries = await listRestored(restoredDir);
  const there = new Set(
    entries.filter(({ kind, sizeBytes }) => kind === 'file' && sizeBytes > 0).map(({ path }) => path),
  );
  const histories = [...secondLedger.databases.values()];
  const databases = new Map<string, VerifiedDatabase>(
    histories.map((history) => [history.path, notThere(history, killUs)]),
  );
  const scratchDir = await mkdtemp(join(dirname(restoredDir), '.verify-'));
  try {
    const restored = histories.filter(({ path }) => there.has(path));
    const source = rowsOfFirstLife(firstLedger);
    await verifyAll(
      restored,
      scratchDir,
      { ...options, ledger: secondLedger, firstLedger, life: 2 },
      databases,
      source,
    );
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
  const findings = histories.flatMap((history) => [
    ...(there.has(history.path) ? [] : [missingAgain(history.path)]),
    ...changedBetween(history, first.databases.get(history.path)),
  ]);
  findings.push(
    ...strangers(there, firstLedger, secondLedger),
    ...(await cleanHostFindings({
      entries,
      known: new Set([...firstLedger.databases.keys(), ...secondLedger.databases.keys()]),
      blobsHere: true,
      deadDataDir,
    })),
  );
  return { databases, findings, checksRun: ['second-life'], thrown: [] };
}

/** The rows with which the second life began are those of the recovery point of the first. */
function rowsOfFirstLife(firstLedger: Ledger): BaselineSource {
  return async (history, tables) => {
    const first = firstLedger.databases.get(history.path);
    if (first === undefined) throw new RangeError(`${history.path} has no first life`);
    const rows = await expectedRows(first, baseSeq(history), tables);
    return rows;
  };
}

/** What the second life did not have, and nobody had before it either, or had deleted. */
function strangers(there: ReadonlySet<string>, firstLedger: Ledger, secondLedger: Ledger): Finding[] {
  const isStrange = (path: string): boolean => {
    const first = firstLedger.databases.get(path);
    return (
      path.endsWith('.db') &&
      !secondLedger.databases.has(path) &&
      (first === undefined || first.deletedUs !== null)
    );
  };
  return [...there].filter(isStrange).map((path) =>
    finding('second-life', path, {
      expected: 'no such file',
      actual: 'a file',
      detail: firstLedger.databases.has(path)
        ? 'it was deleted before the first disaster'
        : 'no database of either life ever was there',
      count: 1,
    }),
  );
}

function missingAgain(path: string): Finding {
  return finding('second-life', path, {
    expected: 'the database, with both lives',
    actual: 'no file',
    detail: 'the new host wrote to it, and the bucket does not give it back',
    count: 1,
  });
}

/** Between verification and the first write of the new host nothing may have changed. */
function changedBetween(history: DatabaseHistory, first: VerifiedDatabase | undefined): Finding[] {
  if (first === undefined || first.observation === null || !isAsInLedger(first)) return [];
  const { tables, schema } = first.observation;
  const names = new Set([...tables.keys(), ...Object.keys(history.base.tables)]);
  const changed = [...names].filter((name) => !sameState(tables.get(name), history.base.tables[name]));
  // The second restore is held against what the second life began with: what had gone by then, nobody else would miss.
  const isOtherSchema = schema !== history.base.schema;
  if (changed.length === 0 && !isOtherSchema && first.inBandSeq === baseSeq(history)) return [];
  return [
    finding('second-life', history.path, {
      expected: `the second life begins at write ${first.inBandSeq}, as verified`,
      actual: `it begins at write ${baseSeq(history)}, with ${counted(changed.length, 'other table')}${isOtherSchema ? ' and another schema' : ''}`,
      detail: changed.join(', '),
      count: Math.max(1, changed.length),
    }),
  ];
}
