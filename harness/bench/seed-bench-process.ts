import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchSeed } from './seed.ts';

/** `node harness/bench/seed-bench-process.ts`: one JSON line with the figures of seeding. */
const folder = mkdtempSync(join(tmpdir(), 'drill-bench-'));
try {
  const { ratio, ...figures } = await benchSeed(folder);
  process.stdout.write(`${JSON.stringify({ ...figures, ratio: Math.round(ratio * 1000) / 1000 })}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
