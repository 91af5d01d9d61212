import { copyFile, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Finding } from '../evidence/checks.ts';
import { type DeadHost, hostPaths, type KillRecord } from '../host/host.ts';
import { sealLedger } from '../ledger/seal.ts';
import { readClaims } from '../host/subject.ts';
import { databasesInBucket } from '../litestream/bucket-layout.ts';
import { replicasIn } from '../litestream/replicas.ts';
import type { Store } from '../store/store.ts';
import { finding } from '../verify/finding.ts';
import type { DrillContext } from './context.ts';
import { endSecondHost } from './second-host.ts';
import { endStoreFaults } from './store-faults.ts';
import { openUploadWindow } from './upload-watch.ts';
import type { HostUnderTest } from './start-host.ts';

/** Files of the dead host that explain a verdict, kept as evidence. None holds a credential. */
const KEPT = ['litestream.yml', 'litestream-status.json'];

/** Kinds of store that are started for a drill, with a bucket of its own. */
const OWN_BUCKET: ReadonlySet<string> = new Set(['embedded', 'minio']);

/**
 * The disaster: SIGKILL of the whole host at one instant, proof that nothing of it is left, and its disk moved out of
 * reach. Uploads whose bytes were already on their way are let in; whatever comes later fails the drill.
 */
export async function strike(
  drill: DrillContext,
  { host, watch, mirror }: HostUnderTest,
  store: Store,
): Promise<DeadHost> {
  const { found, paths, recorder, order } = drill;
  const dead = host.kill();
  found.kill = dead.record;
  const { blindness } = watch;
  recorder.emit({ type: 'kill', drillId: order.drillId, atMs: dead.record.atUs / 1000 });
  // The mirror reads a disk that is as good as gone. The watch may end the look that it was in at the kill.
  await Promise.all([mirror?.[Symbol.asyncDispose](), letIn(drill, store)]);
  await watch[Symbol.asyncDispose]();
  found.protectedUs = until(dead.record.atUs, watch.protectedUs);
  found.protectedSinceUs = until(dead.record.atUs, watch.sinceUs);
  if (blindness !== null)
    recorder.fault('DRILL_E_STORE_UNREACHABLE', `what was protected at the kill was not seen: ${blindness}`);
  if (mirror !== null && mirror.failure !== null)
    recorder.fault('DRILL_E_WRITER_FAILED', `the blob mirror failed: ${mirror.failure}`);
  found.seal = await sealLedger(paths.ledger);
  found.mirroredUpToUs = mirror?.mirroredUpToUs ?? null;
  await dead.loseDisk(paths.deadDisk);
  found.recovery.detectedUs = order.clock.nowUs();
  found.ownFindings.push(...(await secondNames(paths.deadDisk)));
  await lookIntoBucket(drill, store);
  found.claims = await readClaims(join(paths.deadDisk, 'litestream-status.json'));
  for (const name of KEPT) {
    await copyFile(join(paths.deadDisk, name), join(paths.config, name)).catch(() => undefined); // it may write neither
  }
  await copyFile(hostPaths(paths.host).rustbaseToml, join(paths.config, 'rustbase.toml'));
  noteEscaped(drill, dead.record, 'the host');
  return dead;
}

/**
 * Lets in what was on its way at the kill. It comes before all that takes time, the more so the larger a fleet is: what is sent
 * meanwhile is sent by somebody who lives. Faults end first, for they would keep it from coming in, and so does the second
 * host, which has the same key.
 */
async function letIn(drill: DrillContext, store: Store): Promise<void> {
  await endStoreFaults(drill, store, 'writer');
  endSecondHost(drill);
  drill.found.uploadsSettledUs = await settleUploads(drill, store);
}

/** Returns the instant from which on nothing of a host that is dead may arrive. */
export async function settleUploads(drill: DrillContext, store: Store): Promise<number> {
  await store.settle();
  await openUploadWindow(drill, store);
  return drill.order.clock.nowUs();
}

/** What was so at an instant already. */
function until(untilUs: number, instants: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...instants].filter(([, atUs]) => atUs <= untilUs));
}

/** Tells of processes that had left the process group of a host, and were found all the same. */
export function noteEscaped({ recorder }: DrillContext, { escaped }: KillRecord, host: string): void {
  for (const { pid, command } of escaped) {
    recorder.note(
      'warn',
      `process ${pid} had left ${host}'s process group and was killed with it: ${command}`,
    );
  }
}

/** What lies where in the bucket. It only explains a verdict, so a store that cannot answer is left to those who need it. */
async function lookIntoBucket({ found }: DrillContext, { kind, prefix, observer }: Store): Promise<void> {
  // A bucket that is not the drill's own may hold anything, and as much of it as it likes.
  const looked = OWN_BUCKET.has(kind) ? 'bucket' : 'prefix';
  try {
    const objects = await observer.list(looked === 'bucket' ? '' : `${prefix}/`);
    found.bucket = { prefix, looked, objects: objects.length, replicas: replicasIn(objects) };
    found.bucketAtKill = databasesInBucket(objects, prefix);
    // Kept when the drill is over: nobody waits for it in the middle of a recovery.
    found.objectsAtKill = objects;
  } catch {
    return;
  }
}

/** Files of the dead disk that have another name somewhere: moving the disk does not take that one out of reach. */
async function secondNames(deadDisk: string): Promise<Finding[]> {
  const entries = await readdir(deadDisk, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const links = await Promise.all(files.map(async (file) => ({ file, nlink: (await stat(file)).nlink })));
  const named = links.filter(({ nlink }) => nlink > 1).map(({ file }) => relative(deadDisk, file));
  if (named.length === 0) return [];
  return [
    finding('clean-host', null, {
      expected: 'the lost disk is out of reach',
      actual: `${named.length} of its files have a second name`,
      detail: `hard links to ${named.slice(0, 3).join(', ')}${named.length > 3 ? ', …' : ''}`,
      count: named.length,
    }),
  ];
}
