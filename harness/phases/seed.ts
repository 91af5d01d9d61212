import { mkdir, writeFile } from 'node:fs/promises';
import { type SeedSummary, seedFleet } from '../fleet/seed.ts';
import { hostPaths } from '../host/host.ts';
import type { DrillContext } from './context.ts';

/** Writes the tenants that exist before the host starts. */
export async function seedHost({ plan, paths, recorder, found }: DrillContext): Promise<SeedSummary> {
  const { dataDir } = hostPaths(paths.host);
  await mkdir(dataDir, { recursive: true });
  await writeFile(paths.plan, JSON.stringify(plan, null, 1));
  const summary = await seedFleet({
    plan,
    dataDir,
    ledgerDir: paths.ledger,
    onProgress: (done, total, rows) => recorder.progress(done, total, 'databases', { rows }),
  });
  found.seeded = summary;
  return summary;
}
