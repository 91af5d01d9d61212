import { rm } from 'node:fs/promises';
import { collectEvidence } from './collect.ts';
import type { Evidence } from './evidence.ts';
import { attributeLoss } from './phases/attribute-loss.ts';
import { awaitProtection } from './phases/await-protection.ts';
import { type DrillContext, type DrillOrder, openContext } from './phases/context.ts';
import { followThePage } from './phases/documented-runbook.ts';
import { openStore } from './phases/open-store.ts';
import { runOwnChecks } from './phases/own-checks.ts';
import { holdRehearsal, rehearsalActions } from './phases/rehearsal.ts';
import { restoreFromBucket } from './phases/restore.ts';
import { runLoad } from './phases/load.ts';
import { bucketFaultsOf, plantBucketFaults } from './phases/bucket-faults.ts';
import { dirtyHostOf, tryDirtyHosts } from './phases/dirty-host.ts';
import { fullDisksOf, holdFullDisks, tryFullDisks } from './phases/full-disk.ts';
import { restoreInstants } from './phases/instants.ts';
import { plantRecoveryFaults, recoveryFaultsOf } from './phases/recovery-faults.ts';
import { liveAgain } from './phases/second-life.ts';
import { secondHostActions } from './phases/second-host.ts';
import { seedHost } from './phases/seed.ts';
import { startHostUnderTest } from './phases/start-host.ts';
import { strike } from './phases/strike.ts';
import { closeUploadWindow } from './phases/upload-watch.ts';
import { verifyRestored } from './phases/verify.ts';

/**
 * One drill, phase by phase: store → seed → start host → await protection → load → disaster → restore → verify →
 * boot the new host → collect. It only records; the judge decides. Whatever is acquired on the way is released at
 * the end, and a phase that fails ends the drill with the evidence found so far.
 */
export async function runDrill(order: DrillOrder): Promise<Evidence> {
  const drill = openContext(order);
  drill.processors.start();
  drill.resources.use(drill.processors);
  try {
    await runPhases(drill);
  } catch (error) {
    if (order.interrupted()) throw error;
    drill.recorder.harnessFault(error);
  } finally {
    await drill.resources[Symbol.asyncDispose]().catch((error: unknown) =>
      drill.recorder.harnessFault(error),
    );
  }
  const evidence = await collectEvidence(drill);
  if (!order.keep) await rm(drill.paths.work, { recursive: true, force: true });
  return evidence;
}

async function runPhases(drill: DrillContext): Promise<void> {
  const { recorder } = drill;
  const store = await recorder.phase('store', () => openStore(drill));
  const seeded = await recorder.phase('seed', () => seedHost(drill, store));
  const host = await recorder.phase('start host', () => startHostUnderTest(drill, store, seeded));
  await recorder.phase('await protection', () => awaitProtection(drill, host));
  await recorder.phase('load', () =>
    runLoad(drill, store, host, [...secondHostActions(drill), ...rehearsalActions(drill)]),
  );
  const lost = await recorder.phase('disaster', () => strike(drill, host, store));
  const bucket =
    bucketFaultsOf(drill.scenario).length === 0
      ? store
      : await recorder.phase('faults', () => plantBucketFaults(drill, store, lost));
  const dirtyHost = dirtyHostOf(drill.scenario);
  if (dirtyHost !== null) {
    await recorder.phase('dirty host', () => tryDirtyHosts(drill, bucket, lost, dirtyHost));
  }
  const fullDisks = fullDisksOf(drill.scenario);
  if (fullDisks.length > 0) {
    await recorder.phase('full disk', () => tryFullDisks(drill, bucket, lost, fullDisks));
  }
  const recovered = await recorder.phase('restore', () => restoreFromBucket(drill, bucket, lost, 1));
  if (recoveryFaultsOf(drill.scenario).length > 0) {
    await recorder.phase('recovery faults', () => plantRecoveryFaults(drill, bucket, recovered));
  }
  await recorder.phase('verify', () => verifyRestored(drill, bucket, recovered));
  if (fullDisks.length > 0) await recorder.phase('held full disk', () => holdFullDisks(drill));
  if (drill.scenario.rehearsal !== undefined) await recorder.phase('rehearsal', () => holdRehearsal(drill));
  if (drill.scenario.recovery.instants !== undefined) {
    await recorder.phase('instants', () => restoreInstants(drill, bucket));
  }
  const { ownChecks } = drill.order.loaded;
  if (ownChecks !== undefined) {
    await recorder.phase('own checks', () => runOwnChecks(drill, recovered, ownChecks));
  }
  if (drill.scenario.recovery.secondLife) {
    await recorder.phase('second life', () => liveAgain(drill, bucket, recovered));
  }
  if (drill.scenario.recovery.runbook === 'documented') {
    await recorder.phase('documented runbook', () => followThePage(drill, bucket));
  }
  await closeUploadWindow(drill, bucket);
  await recorder.phase('attribute loss', () => attributeLoss(drill, store));
}
