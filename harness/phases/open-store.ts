import { mkdir } from 'node:fs/promises';
import { DrillError, messageOf } from '../errors.ts';
import { checkConformance } from '../store/conformance.ts';
import { AWS_NAMES } from '../store/diagnose.ts';
import { EXTERNAL_NAMES } from '../store/external-names.ts';
import type { Scenario } from '../scenario/schema.ts';
import { openStoreByPlan } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import type { DrillContext } from './context.ts';
import { storeFaultsOf } from './store-faults.ts';

/** The prefix of the documented page: `s3://bucket/prod/system.db/…`. */
const PREFIX = 'prod';

/** Opens the store that stands outside the host and outlives it, and holds it against what S3 is. */
export async function openStore(drill: DrillContext): Promise<Store> {
  const { paths, resources, scenario, found, order, recorder } = drill;
  const declared = storeFaultsOf(drill);
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
      rotatesKey: scenario.faults.some(needsNewKey),
      ...(declared.length === 0 ? {} : { faults: { declared, seed: order.seed } }),
    }),
  );
  if (store.rotatedWriter === undefined && scenario.faults.some(needsNewKey)) throw hasOneKey(store);
  found.store = store;
  found.storeVersion = { kind: store.kind, version: store.version };
  const conformance = await conformanceOf(store);
  const { conditionalPut } = conformance;
  // With faults declared somebody stands between; the observer has gone past it to a store of somebody else's.
  const contact =
    store.faults === undefined ? conformance.contact : (store.observer.contact() ?? conformance.contact);
  found.storeVersion = {
    ...found.storeVersion,
    conditionalPut,
    ...(contact === null ? {} : { endpoint: contact.url, address: contact.address ?? 'unknown' }),
    ...(contact?.clockSkewMs == null ? {} : { clockSkewMs: contact.clockSkewMs }),
  };
  return store;
}

function needsNewKey(fault: Scenario['faults'][number]): boolean {
  return (
    fault.kind === 'store-key-revoked' || (fault.kind === 'host-kill' && fault.startAgainWith !== undefined)
  );
}

function hasOneKey({ kind }: Store): DrillError {
  return new DrillError('DRILL_E_STORE_START', {
    what: `the key of the host cannot be rotated on the ${kind} store`,
    why: 'there is one key for the host, and none to have in its place',
    fix: 'run this scenario with --store=minio or --store=embedded',
    exit: 3,
  });
}

async function conformanceOf(store: Store): ReturnType<typeof checkConformance> {
  const isExternal = store.kind === 'external';
  try {
    return await checkConformance(
      store.writer,
      store.recovery.accessKeyId === store.writer.accessKeyId ? null : store.recovery,
      store.prefix,
      isExternal ? EXTERNAL_NAMES : AWS_NAMES,
    );
  } catch (error) {
    if (!isExternal || store.faults === undefined) throw error;
    throw new DrillError('DRILL_E_STORE_REFUSED', {
      what: 'the store does not work behind the proxy that this scenario needs for its store faults',
      why: messageOf(error),
      fix: 'a service that goes by the name it is called by cannot be drilled so: use --store=minio or --store=embedded',
      exit: 3,
      cause: error,
    });
  }
}
