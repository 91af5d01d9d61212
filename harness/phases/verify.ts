import { NO_SQLITE3 } from '../sqlite3-tool.ts';
import { hostPaths } from '../host/host.ts';
import { type Ledger, readLedger } from '../ledger/history.ts';
import { isSealIntact } from '../ledger/seal.ts';
import type { Store } from '../store/store.ts';
import { verifyFleet } from '../verify/verify-fleet.ts';
import { readBlobBucket } from './blob-bucket.ts';
import type { DrillContext } from './context.ts';
import { ledgerFaults } from './ledger-witnesses.ts';
import type { Recovered } from './restore.ts';

/** Holds every restored database against the ledger. */
export async function verifyRestored(drill: DrillContext, store: Store, recovered: Recovered): Promise<void> {
  const { found, paths, recorder, order, scenario } = drill;
  const ledger = sinceHostStart(await readLedger(paths.ledger), found.hostStartUs ?? 0);
  found.ledger = ledger;
  if (found.seal === null || !(await isSealIntact(paths.ledger, found.seal))) {
    recorder.fault('DRILL_E_LEDGER_DAMAGED', 'the ledger is not the one that was sealed at the kill');
  }
  if (found.kill === null) return;
  for (const { code, message } of ledgerFaults(ledger, { killUs: found.kill.atUs, relayed: found.relayed }))
    recorder.fault(code, message);
  found.verification = await verifyFleet({
    restoredDir: recovered.host.paths.dataDir,
    ledger,
    killUs: found.kill.atUs,
    deadDataDir: hostPaths(paths.host).dataDir,
    ...(found.mirroredUpToUs === null ? {} : { mirroredUpToUs: found.mirroredUpToUs }),
    ...(scenario.blobs.backend === 's3' ? { blobFacts: await readBlobBucket(store) } : {}),
    journalModeMayChange: scenario.faults.some(
      (fault) => fault.kind === 'host-database' && fault.do === 'journal-mode',
    ),
    sqlite3: order.environment['sqlite3'] === NO_SQLITE3 ? null : 'sqlite3',
    onProgress: (done, total, rows) => recorder.progress(done, total, 'verified', { rows }),
  });
  found.recovery.verifiedUs = order.clock.nowUs();
}

/** A seeded database needs protection, and can be lost, from the start of its host on, not from its seeding. */
function sinceHostStart(ledger: Ledger, hostStartUs: number): Ledger {
  const databases = new Map(
    [...ledger.databases].map(([path, history]) => {
      const base = { ...history.base, at: Math.max(history.base.at, hostStartUs) };
      return [path, { ...history, base }] as const;
    }),
  );
  return { ...ledger, databases };
}
