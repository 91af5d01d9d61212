import { closeSync, cpSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicUs } from '../clock.ts';
import { seedFleet } from '../fleet/seed.ts';
import { vocabularyFor } from '../fleet/vocabulary.ts';
import { ledgerFile } from '../ledger/ledger-file.ts';
import { randomFor } from '../random.ts';
import { planDrill } from '../scenario/plan.ts';
import type { Plan } from '../scenario/plan.ts';
import { scenarioSchema } from '../scenario/schema.ts';
import { HandlePool } from '../workload/handle-pool.ts';
import { LivingFleet } from '../workload/living-fleet.ts';
import { runLoad } from '../workload/load.ts';
import { realFormatter } from '../workload/row-encoding.ts';
import { Session } from '../workload/session.ts';
import { TrackedDatabase } from '../workload/tracked-database.ts';
import { UntrackedDatabase } from './untracked-database.ts';

export interface LedgerBench {
  readonly databases: number;
  /** Acknowledged writes a second of one writer, median of the rounds. */
  readonly withLedger: number;
  readonly withoutLedger: number;
  /** Median of the rounds' ratios: with to without. */
  readonly ratio: number;
}

const SEED = 7;
const ROUNDS = 15;
const WARM_UP_WRITES = 5000;
const ROUND_WRITES = 3000;

/** Measures what the proof costs: the same operations with and without ledger, digests and in-band state, by turns. */
export async function benchLedger(folder: string): Promise<LedgerBench> {
  const plan = benchPlan();
  const seeded = join(folder, 'with');
  await seedFleet({ plan, dataDir: seeded, ledgerDir: join(folder, 'ledger') });
  cpSync(seeded, join(folder, 'without'), { recursive: true });
  const descriptor = openSync(join(folder, 'ledger', 'writer-0.ndjson'), 'a');
  const sides = [side(plan, seeded, descriptor), side(plan, join(folder, 'without'), null)] as const;
  try {
    for (const one of sides) await rate(one, WARM_UP_WRITES);
    const rounds: { withLedger: number; withoutLedger: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push({
        withLedger: await rate(sides[0], ROUND_WRITES),
        withoutLedger: await rate(sides[1], ROUND_WRITES),
      });
    }
    return {
      databases: plan.databases.length,
      withLedger: Math.round(median(rounds.map((round) => round.withLedger))),
      withoutLedger: Math.round(median(rounds.map((round) => round.withoutLedger))),
      ratio: median(rounds.map((round) => round.withLedger / round.withoutLedger)),
    };
  } finally {
    for (const one of sides) one.session.pool.closeAll();
    closeSync(descriptor);
  }
}

/** About a hundred databases, as many as fit into the pools of open handles, so that opening is not what is measured. */
function benchPlan(): Plan {
  const scenario = scenarioSchema.parse({
    id: 'ledger-bench',
    title: 'What the ledger costs',
    tier: 'nightly',
    fleet: { realms: 32, appsPerRealm: 2, idleShare: 0, rowsPerApp: { min: 50, max: 2000 } },
    objectives: ['rpoMs max < 1'],
  });
  return planDrill(scenario, SEED);
}

interface Side {
  readonly session: Session;
  readonly fleet: LivingFleet;
}

/** One of the two contenders. `ledger`: descriptor of its ledger; null: the one that proves nothing. */
function side(plan: Plan, dataDir: string, ledger: number | null): Side {
  mkdirSync(dataDir, { recursive: true });
  const file = ledger === null ? { append: () => undefined } : ledgerFile(ledger);
  const formatReal = realFormatter();
  const pool = new HandlePool((path, account) =>
    ledger === null
      ? new UntrackedDatabase(join(dataDir, path), path, account)
      : new TrackedDatabase({ file: join(dataDir, path), path, life: 1, ledger: file, formatReal, account }),
  );
  const session = new Session({
    dataDir,
    seed: SEED,
    writerIndex: 0,
    life: 1,
    random: randomFor(SEED, 'bench'),
    vocabulary: vocabularyFor(SEED),
    pool,
    ledger: file,
  });
  return { session, fleet: new LivingFleet(plan, 0) };
}

/** Writes a second when nothing holds the writer back. */
async function rate({ session, fleet }: Side, writes: number): Promise<number> {
  const before = session.acknowledged;
  const startUs = monotonicUs();
  const writesPerSecond = 1_000_000;
  await runLoad({
    session,
    fleet,
    changes: [],
    writesPerSecond,
    durationMs: (writes / writesPerSecond) * 1000,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  return (session.acknowledged - before) / ((monotonicUs() - startUs) / 1_000_000);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
