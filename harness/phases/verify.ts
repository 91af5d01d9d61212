import { hostPaths } from '../host/host.ts';
import { readLedger } from '../ledger/history.ts';
import { verifyFleet } from '../verify/verify-fleet.ts';
import type { DrillContext } from './context.ts';
import type { Recovered } from './restore.ts';

/** Holds every restored database against the ledger. */
export async function verifyRestored(drill: DrillContext, recovered: Recovered): Promise<void> {
  const { found, paths, recorder, order } = drill;
  const ledger = await readLedger(paths.ledger);
  found.ledger = ledger;
  for (const problem of ledger.problems) recorder.fault('DRILL_E_LEDGER_DAMAGED', `the ledger is damaged: ${problem}`);
  if (found.kill === null) return;
  found.verification = await verifyFleet({
    restoredDir: recovered.host.paths.dataDir,
    ledger,
    killUs: found.kill.atUs,
    deadDataDir: hostPaths(paths.host).dataDir,
    onProgress: (done, total, rows) => recorder.progress(done, total, 'verified', { rows }),
  });
  found.recovery.verifiedUs = order.clock.nowUs();
}
