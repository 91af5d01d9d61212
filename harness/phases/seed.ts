import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SeedSummary, seedFleet } from '../fleet/seed.ts';
import { hostPaths } from '../host/host.ts';
import { mountLoopDisk } from '../host/slow-disk.ts';
import { mountSmallDisk, unmountBelow } from '../host/small-disk.ts';
import type { ResourceStack } from '../resources.ts';
import { openS3, type S3Client } from '../store/s3-client.ts';
import type { Store } from '../store/store.ts';
import { blobSettings } from './blob-bucket.ts';
import type { DrillContext } from './context.ts';
import { hostFaultsOf } from './host-scene.ts';

/** Writes the tenants that exist before the host starts, and commits their hooks. */
export async function seedHost(drill: DrillContext, store: Store): Promise<SeedSummary> {
  const { plan, paths, recorder, found, scenario, resources } = drill;
  const { dataDir } = hostPaths(paths.host);
  await mkdir(dataDir, { recursive: true });
  for (const fault of hostFaultsOf(drill)) {
    if (fault.kind !== 'host-disk-full' && fault.kind !== 'host-slow-disk') continue;
    resources.defer(() => unmountBelow(paths.work));
    if (fault.kind === 'host-disk-full') await mountSmallDisk(dataDir, fault.sizeMb);
    else await mountLoopDisk(dataDir, join(paths.work, 'disk-image'), fault.sizeMb);
  }
  await writeFile(paths.plan, JSON.stringify(plan, null, 1));
  const summary = await seedFleet({
    plan,
    dataDir,
    ledgerDir: paths.ledger,
    ...(scenario.blobs.backend === 's3' ? { putBlob: blobPutter(resources, store) } : {}),
    onProgress: (done, total, rows) => recorder.progress(done, total, 'databases', { rows }),
  });
  if (plan.hooksPerApp > 0) await commitHooks(dataDir, paths.versionControl);
  found.seeded = summary;
  return summary;
}

/** RustBaas has a credential of the host's. */
function blobPutter(resources: ResourceStack, store: Store): S3Client['put'] {
  const bucket = openS3(blobSettings(store, store.writer));
  resources.use({ [Symbol.asyncDispose]: () => Promise.resolve(bucket.close()) });
  return async (path, content) => bucket.put(path, content);
}

/** What lies on the host now is what a checkout gives ever after: nobody commits what is saved live. */
async function commitHooks(dataDir: string, versionControl: string): Promise<void> {
  await cp(join(dataDir, 'hooks'), join(versionControl, 'hooks'), { recursive: true });
}
