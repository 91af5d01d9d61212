/**
 * `npm run soak`: at least 200 small drills with random shapes, seeds, versions and kill instants, none of which may be anything but
 * green. `-- --drills=400 --seed=1 --litestream=0.3.13 --litestream=0.5.17 --store=embedded --jobs=2`; the versions take turns.
 * Whatever was not green stays in reports/soak-…: its scenario, its evidence, and the command that repeats it. What came of all of
 * them is in its summary.md. Exit code: the worst of all drills.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { REPORTS_DIR } from '../project.ts';
import { type Result, resultSchema } from '../result.ts';
import { soakScenario } from './soak-scenario.ts';
import { type SoakedDrill, soakSummary } from './soak-summary.ts';

const START = join(import.meta.dirname, '..', 'start.mjs');
/** A drill has a limit of its own of three minutes; this one only ends what ignores it. */
const DRILL_TIMEOUT_MS = 300_000;
const MOST_OUTPUT_BYTES = 1 << 28;
/** Two hundred of each of two versions. */
const DRILLS = 400;
const MOST_DRILLS = 100_000;
const MOST_JOBS = 64;
/** Worst of several, as in `drill run`. */
const WORST_FIRST = [4, 1, 3, 0];

const { values } = parseArgs({
  options: {
    drills: { type: 'string', default: String(DRILLS) },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    litestream: { type: 'string', multiple: true, default: ['0.3.13', '0.5.17'] },
    store: { type: 'string', default: 'embedded' },
    jobs: { type: 'string', default: '1' },
  },
});
const drills = wholeNumber('--drills', values.drills, 1, MOST_DRILLS);
const jobs = wholeNumber('--jobs', values.jobs, 1, MOST_JOBS);
const firstSeed = wholeNumber('--seed', values.seed, 0, 2 ** 31);
const folder = join(REPORTS_DIR, `soak-${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}`);
mkdirSync(folder, { recursive: true });
say(
  `${drills} drills from seed ${firstSeed} on, Litestream ${values.litestream.join(' and ')}, ${values.store} store`,
);

const soaked: SoakedDrill[] = [];
let worst = 0;
let begun = 0;
const interruption = new AbortController();
process.on('SIGINT', () => interruption.abort());
await Promise.all(Array.from({ length: jobs }, soakOnAndOn));
const summary = soakSummary(soaked, { firstSeed, store: values.store, jobs });
writeFileSync(join(folder, 'summary.md'), summary);
say(`\n${summary}`);
process.exit(interruption.signal.aborted ? 130 : worst);

async function soakOnAndOn(): Promise<void> {
  while (begun < drills && !interruption.signal.aborted) {
    const index = begun++;
    const litestream = values.litestream[index % values.litestream.length] ?? '';
    const { code, ...drill } = await soakOne(firstSeed + index, litestream);
    worst = WORST_FIRST.find((one) => one === code || one === worst) ?? 4;
    soaked.push(drill);
  }
}

/** One drill. Its folder goes when it was green. */
async function soakOne(seed: number, litestream: string): Promise<SoakedDrill & { readonly code: number }> {
  const own = join(folder, String(seed));
  mkdirSync(own);
  const file = join(own, `soak-${seed}.yaml`);
  writeFileSync(file, stringify(soakScenario(seed)));
  const args = [
    'run',
    `--scenario=${file}`,
    `--seed=${seed}`,
    `--litestream=${litestream}`,
    `--store=${values.store}`,
  ];
  const {
    stdout,
    stderr,
    exitCode: status = 4,
  } = await execa(process.execPath, [START, ...args, '--json', '--quiet', `--output-dir=${own}`], {
    reject: false,
    timeout: DRILL_TIMEOUT_MS,
    maxBuffer: MOST_OUTPUT_BYTES,
  });
  const drilled = resultOf(stdout)?.scenarios[0];
  const verdict = drilled?.verdict ?? 'without a result';
  const { max = 0 } = drilled?.measurements.rpoMs ?? {};
  const figures =
    drilled === undefined
      ? ''
      : `, RPO ${Math.round(max)} ms, ${drilled.measurements.acknowledgedWrites} writes`;
  say(`${seed}  ${litestream}  ${verdict}${figures}`);
  const reason = drilled?.reason ?? stderr.trim().split('\n').at(-1) ?? '';
  if (status === 0 && verdict === 'pass') rmSync(own, { recursive: true });
  else {
    writeFileSync(join(own, 'stderr.txt'), stderr);
    say(`  ${reason}`);
    say(`  again: npm run drill -- ${args.slice(1).join(' ').replace(file, relative('.', file))}`);
  }
  const writes = drilled?.measurements.acknowledgedWrites ?? 0;
  return { code: status, seed, litestream, verdict, reason, rpoMs: max, writes };
}

function resultOf(stdout: string): Result | null {
  try {
    return resultSchema.parse(JSON.parse(stdout));
  } catch {
    return null; // it ended before there was one
  }
}

function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  process.stderr.write(`${flag}=${text} is no whole number from ${min} to ${max}\n`);
  return process.exit(2);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
