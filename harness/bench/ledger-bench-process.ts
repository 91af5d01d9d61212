import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchLedger } from './ledger.ts';

/** `node harness/bench/ledger-bench-process.ts`: one JSON line with the figures of the ledger. */
const folder = mkdtempSync(join(tmpdir(), 'drill-bench-'));
try {
  const { ratio, ...figures } = await benchLedger(folder);
  process.stdout.write(`${JSON.stringify({ ...figures, ratio: Math.round(ratio * 1000) / 1000 })}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
