import type { z } from 'zod';
import { randomFor } from '../random.ts';
import type { scenarioSchema } from '../scenario/schema.ts';

type WrittenScenario = z.input<typeof scenarioSchema>;

/** Two intervals until the last upload has begun, and this long for it to end on a machine with other things to do. */
const UPLOAD_MS = 2500;

/**
 * A small drill of any legal shape, drawn from the seed: tenants, load, interval, what is created and deleted meanwhile, blobs and
 * hooks, and whether it waits for protection. The kill falls anywhere in the load. Whatever comes out must be green on a sound Litestream.
 */
export function soakScenario(seed: number): WrittenScenario {
  const random = randomFor(seed, 'soak');
  const chance = (share: number): boolean => random.float() < share;
  const realms = random.int(1, 4);
  const appsPerRealm = random.int(1, 3);
  const apps = realms * appsPerRealm;
  const replicateIntervalSec = random.pick([0.3, 1, 1, 2, 4]);
  const loadSec = random.int(3, 8);
  const awaited = chance(0.8);
  return {
    id: `soak-${seed}`,
    title: 'A small drill drawn from its seed',
    tier: 'nightly',
    fleet: {
      realms,
      appsPerRealm,
      rowsPerApp: {
        min: random.int(0, 20),
        max: random.int(20, 400),
        skew: random.pick(['zipf', 'uniform'] as const),
      },
      idleShare: random.pick([0, 0.2, 0.5]),
      ...(chance(0.2) ? { recordBytes: random.int(200, 8000) } : {}),
    },
    supervisor: { replicateIntervalSec },
    workload: {
      writesPerSecond: random.pick([20, 50, 100, 200, 300]),
      duration: `${loadSec}s`,
      writers: random.int(1, 2),
      newRealms: chance(0.3) ? 1 : 0,
      newApps: chance(0.4) ? random.int(1, 2) : 0,
      deletedRealms: realms > 1 && chance(0.2) ? 1 : 0,
      deletedApps: apps > 2 && chance(0.2) ? 1 : 0,
    },
    blobs: { sizeBytes: { min: random.int(0, 100), max: random.pick([2000, 6000, 50_000]) } },
    hooks: { perApp: chance(0.3) ? random.int(1, 3) : 0 },
    protection: { await: awaited, timeout: '60s' },
    // Without protection before the load a kill at any instant would often find an empty bucket, and nothing to judge.
    disaster: { kind: 'host-loss', ...(awaited ? { at: 'random', earliest: '1s' } : { at: 'first-sync' }) },
    recovery: { secondLife: chance(0.7), parallelism: random.pick(['auto', 1, 4] as const) },
    objectives: [
      `rpoMs max < ${2 * replicateIntervalSec * 1000 + UPLOAD_MS}`,
      'lostWritesBeyondRpo == 0',
      'unreachableWrites == 0',
      'rtoMs < 60000',
    ],
    timeout: '3m',
  };
}
