import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnCheckRecord } from '../evidence/own-check.ts';
import { ownChecksInput } from '../own/input.ts';
import { runOwnCheck } from '../own/run-own-check.ts';
import type { OwnChecks } from '../scenario/check-scenario.ts';
import type { DrillContext } from './context.ts';
import type { Recovered } from './restore.ts';

/**
 * The checks that the scenario brings itself, one after the other, before the new host goes live: an operator who checks
 * before going live spends this time too, so it is part of the RTO.
 */
export async function runOwnChecks(
  drill: DrillContext,
  { host }: Recovered,
  { names, module, timeoutMs }: OwnChecks,
): Promise<void> {
  const { found, paths, order, recorder } = drill;
  const { ledger, verification, kill } = found;
  if (ledger === null || verification === null || kill === null) return;
  const folder = join(paths.work, 'own-checks');
  await mkdir(folder, { recursive: true });
  const input = ownChecksInput(host.paths.dataDir, ledger.databases.values(), verification, kill.atUs);
  const inputFile = join(folder, 'input.json');
  await writeFile(inputFile, JSON.stringify(input));
  const records: OwnCheckRecord[] = [];
  found.ownChecks = records;
  for (const [index, name] of names.entries()) {
    recorder.progress(index, names.length, name);
    const record = await runOwnCheck({
      name,
      module,
      inputFile,
      offered: input.databases.length,
      scratchDir: join(folder, name),
      logFile: join(paths.logs, `own-${name}.log`),
      timeoutMs,
      // No credential: what it judges are the restored files.
      env: { PATH: process.env['PATH'] ?? '', HOME: folder },
      signal: order.signal,
      clock: order.clock,
    });
    records.push(record);
    if (record.error !== null) recorder.note('warn', `own check ${name}: ${record.error}`);
  }
}
