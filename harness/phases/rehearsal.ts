import { join } from 'node:path';
import { uploadedBy, type UploadHistory } from '../attribution/upload-history.ts';
import type { RehearsalEvidence } from '../evidence/instants.ts';
import { hostPaths, startHost } from '../host/host.ts';
import { lastSeq } from '../ledger/history-state.ts';
import { durationMs } from '../scenario/schema.ts';
import type { RequestLog } from '../store/request-log.ts';
import type { Store } from '../store/store.ts';
import { holdAgainstInstant } from '../verify/instant.ts';
import type { DrillContext } from './context.ts';
import { replicasInBucket } from './replicas-in-bucket.ts';
import { runRestore } from './restore.ts';
import { beginStoreFaults, endStoreFaults } from './store-faults.ts';
import type { TimedAction } from './timed-actions.ts';
import { readUploads } from './uploads.ts';

const FAULT = 'rehearsal';

/** How often the bucket is read until retention has taken nothing away meanwhile. */
const MOST_READINGS = 10;

/** An operator rehearses a restore on the production prefix, while the host goes on uploading and deleting there. */
export function rehearsalActions(drill: DrillContext): TimedAction[] {
  const { rehearsal } = drill.scenario;
  const { store } = drill.found;
  if (rehearsal === undefined || store === null) return [];
  drill.found.faults.push({ id: FAULT, engaged: false, count: 0 });
  return [{ id: FAULT, atMs: durationMs(rehearsal.at), run: () => rehearse(drill, store) }];
}

async function rehearse(drill: DrillContext, store: Store): Promise<void> {
  const { paths, resources, order, found } = drill;
  const host = resources.use(await startHost(join(paths.work, 'rehearsal')));
  const uploads = await whatIsThere(drill, store);
  const beganUs = order.clock.nowUs();
  const rehearsal = { dataDir: host.paths.dataDir, beganUs, endedUs: null, records: [], uploads };
  found.rehearsal = rehearsal;
  await beginStoreFaults(drill, store, 'recovery', beganUs);
  await runRestore(drill, store, host, {
    logName: 'restore-rehearsal.log',
    pointInTime: false,
    hear: (event) => {
      if (event.event === 'database') found.rehearsal?.records.push(event.record);
    },
  });
  await endStoreFaults(drill, store, 'recovery');
  if (found.kill === null) found.rehearsal.endedUs = order.clock.nowUs();
}

/** What the bucket holds of every database. An object that is gone before it could be read makes it a reading of no instant. */
async function whatIsThere(drill: DrillContext, store: Store): Promise<ReadonlyMap<string, UploadHistory>> {
  const { dataDir } = hostPaths(drill.paths.host);
  const known = new Map<string, UploadHistory>();
  for (let reading = 0; reading < MOST_READINGS; reading++) {
    const replicas = await replicasInBucket(store);
    const left = replicas.filter(({ path }) => (known.get(path) ?? null) === null);
    for (const [path, history] of await readUploads(drill, store, left, dataDir)) known.set(path, history);
    if (left.length === 0) break;
  }
  return known;
}

/** Holds every file that the rehearsal left against the ledger. */
export async function holdRehearsal(drill: DrillContext): Promise<void> {
  const { found } = drill;
  const { rehearsal, ledger } = found;
  if (rehearsal === null || ledger === null) return;
  const databases: RehearsalEvidence['databases'] = [];
  for (const restore of rehearsal.records) {
    const { path, outcome } = restore;
    const history = ledger.databases.get(path);
    const uploads = rehearsal.uploads.get(path) ?? null;
    const seen =
      history === undefined || outcome !== 'restored'
        ? null
        : await holdAgainstInstant({
            file: join(rehearsal.dataDir, path),
            history,
            seq: lastSeq(history),
            askedUs: rehearsal.beganUs,
            scratchDir: rehearsal.dataDir,
            journalModeMayChange: false,
          });
    databases.push({ path, restore, uploaded: uploadedBy(uploads, Number.POSITIVE_INFINITY, 'ltx'), seen });
  }
  found.rehearsalSeen = databases;
}

/** The rehearsal as evidence. It took effect when it had ended before the disaster, and the host had deleted something meanwhile. */
export function rehearsalEvidence({ found }: DrillContext, log: RequestLog): RehearsalEvidence | undefined {
  const { rehearsal, rehearsalSeen, faults, kill } = found;
  if (rehearsal === null) return undefined;
  const { beganUs, endedUs } = rehearsal;
  const untilUs = endedUs ?? kill?.atUs ?? beganUs;
  const removals = log.entries.filter(
    ({ atUs, role, method, url }) =>
      atUs >= beganUs && atUs <= untilUs && role === 'writer' && isRemoval(method, url),
  ).length;
  const record = faults.find(({ id }) => id === FAULT);
  if (record !== undefined)
    Object.assign(record, { engaged: endedUs !== null && removals > 0, count: removals });
  return { beganUs, endedUs, removals, databases: rehearsalSeen };
}

function isRemoval(method: string, url: string): boolean {
  return method === 'DELETE' || (method === 'POST' && /[?&]delete\b/.test(url));
}
