/**
 * `npm run docs:versions`: drills what-a-kill-costs.yaml with every version, at least three times each, and writes
 * docs/litestream-versions.md from the result. The versions must be there: `drill litestream add VERSION`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { versionTable } from '../report/version-table.ts';
import { resultSchema } from '../result.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const RUNS = 3;
/** Eight versions, three runs each, less than two minutes a run. */
const TIMEOUT_MS = 3_600_000;

const drill = spawnSync(
  process.execPath,
  [
    join(HERE, '..', 'start.mjs'),
    'run',
    `--scenario=${join(HERE, 'what-a-kill-costs.yaml')}`,
    `--repeat=${RUNS}`,
    '--json',
    ...process.argv.slice(2),
  ],
  { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: TIMEOUT_MS, maxBuffer: 1 << 28 },
);
// Red is what the broken versions are for; without a result there is nothing to tell.
const result = resultSchema.parse(JSON.parse(drill.stdout));
const { cpu, cpus, node } = result.environment;
const docs = join(HERE, '..', '..', 'docs');
mkdirSync(docs, { recursive: true });
writeFileSync(
  join(docs, 'litestream-versions.md'),
  `# Litestream version × what a kill costs

Made by \`npm run docs:versions\` on ${result.startedAt.slice(0, 10)} (${String(cpu)}, ${String(cpus)} cores, Node ${String(node)}, seed ${result.seed},
${result.scenarios[0]?.store.kind ?? 'no'} store): [what-a-kill-costs.yaml](../harness/docs/what-a-kill-costs.yaml), ten databases with some 150 writes a second each,
\`replicate_interval_sec\` 1, SIGKILL of the whole host after 18 to 22 s, ${RUNS} runs a version.

${versionTable(result.scenarios)}

- *RPO, worst of each run*: age at the kill of the oldest acknowledged write that did not come back, over all ten databases.
- *A hole in the middle*: databases in which a write is missing before one that is there. Litestream's exit code was 0; that
  \`integrity_check\` may say ok as well is what [known-bad-builds.md](known-bad-builds.md) shows.
- *Malformed*: databases that SQLite itself calls damaged, or that the recovery refused.
- A version without a finding in three runs is not thereby proven sound: see [known-bad-builds.md](known-bad-builds.md).
`,
);
process.stdout.write('docs/litestream-versions.md\n');
