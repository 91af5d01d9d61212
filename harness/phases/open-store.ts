import { mkdir } from 'node:fs/promises';
import { checkConformance } from '../store/conformance.ts';
import { AWS_NAMES } from '../store/diagnose.ts';
import { EXTERNAL_NAMES } from '../store/external-names.ts';
import { openStoreByPlan } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { DrillContext } from './context.ts';

/** The prefix of the documented page: `s3://bucket/prod/system.db/…`. */
const PREFIX = 'prod';

/** Opens the store that stands outside the host and outlives it, and holds it against what S3 is. */
export async function openStore({ paths, resources, found, order, recorder }: DrillContext): Promise<Store> {
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
      keep: order.keep,
      note: (level, message) => recorder.note(level, message),
    }),
  );
  found.store = store;
  found.storeVersion = { kind: store.kind, version: store.version };
  const { conditionalPut, contact } = await checkConformance(
    store.writer,
    store.recovery.accessKeyId === store.writer.accessKeyId ? null : store.recovery,
    store.prefix,
    store.kind === 'external' ? EXTERNAL_NAMES : AWS_NAMES,
  );
  found.storeVersion = {
    ...found.storeVersion,
    conditionalPut,
    ...(contact === null ? {} : { endpoint: contact.url, address: contact.address ?? 'unknown' }),
    ...(contact?.clockSkewMs == null ? {} : { clockSkewMs: contact.clockSkewMs }),
  };
  return store;
}
