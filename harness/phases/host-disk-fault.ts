import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fillDisk, freeBytesOf, freeDisk, useUp } from '../host/small-disk.ts';
import { readSpaceAlarm } from '../host/subject.ts';
import { readLines } from '../ledger/lines.ts';
import type { LedgerRecord } from '../ledger/records.ts';
import type { HostDiskFull } from '../scenario/host-fault.ts';
import { durationMs } from '../scenario/schema.ts';
import { type FaultRecord, type HostScene, livesAfter } from './host-scene.ts';

const FILLER = '.filler';
/** What is freed meanwhile is filled again so often, and the supervisor's alarm is looked for. */
const STEP_MS = 50;

/** Leaves no space on the disk for a while. It has engaged when writes were refused for that, which the ledger tells. */
export async function beFull(scene: HostScene, fault: HostDiskFull, record: FaultRecord): Promise<void> {
  const { drill, underTest } = scene;
  const { dataDir } = underTest.host.paths;
  const filler = join(dataDir, FILLER);
  const { clock } = drill.order;
  const startUs = clock.nowUs();
  const alarm = new SpaceAlarm(dataDir, () => clock.nowUs());
  drill.found.spaceAlarm = alarm.seen;
  const fillUs = startUs + durationMs(fault.over) * 1000;
  const endUs = fillUs + durationMs(fault.for) * 1000;
  for (let nowUs = startUs; nowUs < endUs; nowUs = clock.nowUs()) {
    if (nowUs >= fillUs) await fillDisk(filler);
    else await useUp(filler, (await freeBytesOf(dataDir)) * ((STEP_MS * 1000) / (fillUs - nowUs)));
    await alarm.look();
    if (!(await livesAfter(scene, STEP_MS))) return;
  }
  await freeDisk(filler);
  alarm.seen.freedUs = clock.nowUs();
  const refused = await refusedForSpace(drill.paths.ledger, startUs);
  record.count = refused.length;
  record.engaged = record.count > 0;
  alarm.seen.firstRefusedUs = refused.length === 0 ? null : Math.min(...refused);
  while (alarm.seen.raisedUs !== null && alarm.seen.clearedUs === null) {
    if (!(await livesAfter(scene, STEP_MS))) return;
    await alarm.look();
  }
}

/** What an operator sees of the alarm, by the file that the supervisor keeps for that. */
class SpaceAlarm {
  readonly seen = {
    isTold: false,
    raisedUs: null as number | null,
    firstRefusedUs: null as number | null,
    freedUs: null as number | null,
    clearedUs: null as number | null,
  };
  readonly #dataDir: string;
  readonly #nowUs: () => number;

  constructor(dataDir: string, nowUs: () => number) {
    this.#dataDir = dataDir;
    this.#nowUs = nowUs;
  }

  async look(): Promise<void> {
    const isRaised = await readSpaceAlarm(join(this.#dataDir, 'litestream-status.json'));
    if (isRaised === null) return;
    this.seen.isTold = true;
    if (isRaised) this.seen.raisedUs ??= this.#nowUs();
    else if (this.seen.freedUs !== null) this.seen.clearedUs ??= this.#nowUs();
  }
}

/** When writes were refused since then because there was no space, in SQLite's own words. */
async function refusedForSpace(ledgerDir: string, sinceUs: number): Promise<number[]> {
  const refused: number[] = [];
  for (const name of await readdir(ledgerDir)) {
    if (!/^writer-\d+\.ndjson$/.test(name)) continue;
    for await (const { lines } of readLines(join(ledgerDir, name))) {
      for (const line of lines) {
        const record = JSON.parse(line) as LedgerRecord;
        if (record.t !== 'refused' && record.t !== 'turned-away') continue;
        if (record.at >= sinceUs && /disk is full/.test(record.error)) refused.push(record.at);
      }
    }
  }
  return refused;
}
