import { mkdir } from 'node:fs/promises';
import { openStoreByPlan } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { DrillContext } from './context.ts';

/** The prefix of the documented page: `s3://bucket/prod/system.db/…`. */
const PREFIX = 'prod';

/** Opens the store that stands outside the host and outlives it. */
export async function openStore({ paths, resources, found, order }: DrillContext): Promise<Store> {
  for (const folder of [paths.ledger, paths.secondLedger, paths.logs, paths.config, paths.work]) {
    await mkdir(folder, { recursive: true });
  }
  const store = resources.use(
    await openStoreByPlan(order.store, {
      prefix: PREFIX,
      logFile: paths.requestLog,
      logsDir: paths.logs,
      workDir: paths.store,
      signal: order.signal,
    }),
  );
  found.store = store;
  found.storeVersion = { kind: store.kind, version: store.version };
  return store;
}
