import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fillDisk, freeDisk } from '../host/small-disk.ts';
import { readLines } from '../ledger/lines.ts';
import type { LedgerRecord } from '../ledger/records.ts';
import type { HostDiskFull } from '../scenario/host-fault.ts';
import { durationMs } from '../scenario/schema.ts';
import { type FaultRecord, type HostScene, livesAfter } from './host-scene.ts';

const FILLER = '.filler';
/** What is freed meanwhile is filled again so often. */
const TOP_UP_MS = 50;

/** Leaves no space on the disk for a while. It has engaged when writes were refused for that, which the ledger tells. */
export async function beFull(scene: HostScene, fault: HostDiskFull, record: FaultRecord): Promise<void> {
  const { drill, underTest } = scene;
  const filler = join(underTest.host.paths.dataDir, FILLER);
  const startUs = drill.order.clock.nowUs();
  const endUs = startUs + durationMs(fault.for) * 1000;
  while (drill.order.clock.nowUs() < endUs) {
    await fillDisk(filler);
    if (!(await livesAfter(scene, TOP_UP_MS))) return;
  }
  await freeDisk(filler);
  record.count = await refusedForSpace(drill.paths.ledger, startUs);
  record.engaged = record.count > 0;
}

/** Writes refused since then because there was no space, in SQLite's own words. */
async function refusedForSpace(ledgerDir: string, sinceUs: number): Promise<number> {
  let refused = 0;
  for (const name of await readdir(ledgerDir)) {
    if (!/^writer-\d+\.ndjson$/.test(name)) continue;
    for await (const { lines } of readLines(join(ledgerDir, name))) {
      for (const line of lines) {
        const record = JSON.parse(line) as LedgerRecord;
        if (record.t === 'refused' && record.at >= sinceUs && /disk is full/.test(record.error)) refused++;
      }
    }
  }
  return refused;
}
