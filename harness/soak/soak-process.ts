/**
 * `npm run soak`: at least 200 small drills with random shapes, seeds, versions and kill instants, none of which may be anything but
 * green. `-- --drills=200 --seed=1 --litestream=0.3.13 --litestream=0.5.17 --store=embedded`; the versions take turns. Whatever was not
 * green stays in reports/soak-…: its scenario, its evidence, and the command that repeats it. Exit code: the worst of all drills.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { REPORTS_DIR } from '../project.ts';
import { type Result, resultSchema } from '../result.ts';
import { soakScenario } from './soak-scenario.ts';

const START = join(import.meta.dirname, '..', 'start.mjs');
/** A drill has a limit of its own of three minutes; this one only ends what ignores it. */
const DRILL_TIMEOUT_MS = 300_000;
const MOST_OUTPUT_BYTES = 1 << 28;
const DRILLS = 200;
const MOST_DRILLS = 100_000;
/** Worst of several, as in `drill run`. */
const WORST_FIRST = [4, 1, 3, 0];

const { values } = parseArgs({
  options: {
    drills: { type: 'string', default: String(DRILLS) },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    litestream: { type: 'string', multiple: true, default: ['0.3.13', '0.5.17'] },
    store: { type: 'string', default: 'embedded' },
  },
});
const drills = wholeNumber('--drills', values.drills, 1, MOST_DRILLS);
const firstSeed = wholeNumber('--seed', values.seed, 0, 2 ** 31);
const folder = join(REPORTS_DIR, `soak-${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}`);
mkdirSync(folder, { recursive: true });
say(
  `${drills} drills from seed ${firstSeed} on, Litestream ${values.litestream.join(' and ')}, ${values.store} store`,
);

const tally = new Map<string, Map<string, number>>();
let worst = 0;
const interruption = new AbortController();
process.on('SIGINT', () => interruption.abort());
for (let index = 0; index < drills && !interruption.signal.aborted; index++) {
  const litestream = values.litestream[index % values.litestream.length] ?? '';
  const { code, verdict } = await soakOne(firstSeed + index, litestream);
  worst = WORST_FIRST.find((one) => one === code || one === worst) ?? 4;
  const counts = tally.get(litestream) ?? new Map<string, number>();
  tally.set(litestream, counts.set(verdict, (counts.get(verdict) ?? 0) + 1));
}
say('');
for (const [litestream, counts] of tally) {
  const all = [...counts.values()].reduce((sum, one) => sum + one, 0);
  say(`Litestream ${litestream}: ${counts.get('pass') ?? 0} of ${all} green${others(counts)}`);
}
process.exit(interruption.signal.aborted ? 130 : worst);

/** One drill. Its folder goes when it was green. */
async function soakOne(seed: number, litestream: string): Promise<{ code: number; verdict: string }> {
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
  if (status === 0 && verdict === 'pass') rmSync(own, { recursive: true });
  else {
    writeFileSync(join(own, 'stderr.txt'), stderr);
    say(`  ${drilled?.reason ?? stderr.trim().split('\n').at(-1) ?? ''}`);
    say(`  again: npm run drill -- ${args.slice(1).join(' ').replace(file, relative('.', file))}`);
  }
  return { code: status, verdict };
}

function resultOf(stdout: string): Result | null {
  try {
    return resultSchema.parse(JSON.parse(stdout));
  } catch {
    return null; // it ended before there was one
  }
}

function others(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .flatMap(([verdict, count]) => (verdict === 'pass' ? [] : [`, ${count} ${verdict}`]))
    .join('');
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
