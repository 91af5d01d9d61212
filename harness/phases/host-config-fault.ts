import { readFileSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { readText } from '../host/process-scan.ts';
import { configMistakes, type Replicator } from '../litestream/config-mistakes.ts';
import type { HostConfig } from '../scenario/host-fault.ts';
import { waitFor } from '../waiting.ts';
import type { FaultRecord, HostScene } from './host-scene.ts';
import { litestreamsOf } from './host-process-fault.ts';

const LOOK_MS = 250;

/** Looks until the mistake is there: in some the file is changed under the living fleet. Counts the databases, or the Litestreams. */
export async function seeMistake(
  { drill, underTest: { host } }: HostScene,
  { mistake }: HostConfig,
  record: FaultRecord,
): Promise<void> {
  const { line } = drill.order.litestream;
  const look = (): true | null => {
    record.count = configMistakes(mistake, litestreamsOf(host).flatMap(replicatorAt), line);
    record.engaged = record.count > 0;
    return record.engaged || drill.found.kill !== null || null;
  };
  await waitFor(look, { timeoutMs: drill.plan.durationMs, everyMs: LOOK_MS, signal: drill.order.signal });
}

/** None where it has ended, or names no file. */
function replicatorAt(pid: number): Replicator[] {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const named = args[args.indexOf('-config') + 1];
    if (!args.includes('-config') || named === undefined) return [];
    const configFile = resolve(readlinkSync(`/proc/${pid}/cwd`), named);
    const environment = readText(`/proc/${pid}/environ`) ?? '';
    const env = environment.split('\0').map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)] as const;
    });
    return [{ configFile, configText: readFileSync(configFile, 'utf8'), env: Object.fromEntries(env) }];
  } catch {
    return [];
  }
}
