/**
 * The fuse of a lease: ends Litestream when the lease is over and the supervisor, stopped or killed, has not done it. Takes
 * `FILE LOCK STATUS` as arguments and the end of the lease, in milliseconds of the lease clock, as lines on standard input;
 * says each of them back. A process of its own, because whatever stops the supervisor must not stop this.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLeaseClock } from './lease-clock.ts';
import { lockFleet } from './lock.ts';
import { endReplicators } from './orphans.ts';

const [configPath = '', lockFile = '', statusFile = ''] = process.argv.slice(2);
const clock = openLeaseClock();
let endMs: number | null = null;
let orphaned = false;

// A terminal's Ctrl-C is for the supervisor, which ends us when Litestream is gone.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdout.on('error', () => undefined);
createInterface({ input: process.stdin })
  .on('line', (line) => {
    endMs = Number(line);
    process.stdout.write(`${line}\n`);
  })
  .on('close', () => {
    orphaned = true;
  });

const LOOK_MS = 200;
const LOOK_AGAIN_MS = 500;

for (;;) {
  const leftMs = endMs === null ? LOOK_MS : endMs - clock.nowMs();
  if (leftMs <= 0 && orphaned) await endOrphans();
  else if (leftMs <= 0) await endReplicators(configPath, 0).catch(() => 0);
  if (orphaned && (leftMs <= 0 || endMs === null)) break;
  await sleep(leftMs <= 0 ? LOOK_AGAIN_MS : Math.min(leftMs, LOOK_MS));
}
process.exit(0);

/** Its supervisor is gone. When another one has the data directory by now, the replicators are that one's. */
async function endOrphans(): Promise<void> {
  try {
    const lock = lockFleet(lockFile, statusFile);
    await endReplicators(configPath, 0).finally(() => lock.release());
  } catch {
    // It is locked: a successor looks after them.
  }
}
