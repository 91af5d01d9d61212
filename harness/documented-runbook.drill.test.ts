import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findLitestream } from './litestream/binary.ts';
import type { Result, ScenarioResult } from './result.ts';

/** The documented page followed to the letter, by real commands on a real bucket. */

const CLI = fileURLToPath(new URL('cli.ts', import.meta.url));
let folder: string;
let litestream: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drill-runbook-'));
  litestream = (await findLitestream(null, process.env)).path;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function drill(...args: string[]): ScenarioResult & { readonly exitCode: number | null } {
  const outputDir = mkdtempSync(join(folder, 'run-'));
  const ended = spawnSync(
    process.execPath,
    [CLI, ...args, '--store=embedded', '--seed=1', '--json', `--output-dir=${outputDir}`],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const [scenario] = (JSON.parse(ended.stdout) as Result).scenarios;
  if (scenario === undefined) throw new Error(ended.stderr);
  return { ...scenario, exitCode: ended.status };
}

/** `step outcome cause`, one each. */
function fates({ runbook }: ScenarioResult, beyondPage: string | null): string[] {
  const own = (runbook?.steps ?? []).filter((step) => step.beyondPage === beyondPage);
  return [...new Set(own.map(({ step, outcome, cause }) => `${step} ${outcome} ${cause ?? ''}`.trim()))];
}

it('0.3.13 asks AWS whatever the page has the operator set, and drill restore brings everything back', () => {
  const result = drill('--scenario=documented-runbook', `--litestream=${litestream}`);
  expect(result, result.reason).toMatchObject({
    verdict: 'pass',
    exitCode: 0,
    measurements: { runbookStepsFailed: 2 },
  });
  expect(fates(result, null)).toEqual([
    '1 works',
    '2 works',
    '3 fails endpoint-ignored',
    '4 works',
    '5 fails databases-missing',
  ]);
  expect(fates(result, 'endpoint-by-address')).toEqual(['3 fails endpoint-ignored']);
  expect(fates(result, 'endpoint-in-url')).toEqual(['3 works']);
  const asked = new Set(result.runbook?.steps.flatMap((step) => step.asked));
  expect(asked).toEqual(new Set(['s3.amazonaws.com', 'localhost']));
  expect(result.runbook?.drillRestore).toEqual({ restored: 4, databases: 4 });
});

it('what the shipped RustBaas wrote is not where the page looks, even with an endpoint; drill restore finds it', () => {
  const result = drill('--scenario=shipped-recovered', `--litestream=${litestream}`);
  expect(result, result.reason).toMatchObject({ verdict: 'pass', exitCode: 0 });
  expect(fates(result, 'endpoint-in-url')).toEqual(['3 fails nothing-there']);
  const system = result.runbook?.steps.find(
    ({ beyondPage, database }) => beyondPage === 'endpoint-in-url' && database === 'system.db',
  );
  expect(system?.why).toBe('no backup at prod/system.db; its objects are at prod/system, without the .db');
  expect(result.runbook?.drillRestore).toEqual({ restored: 4, databases: 4 });
});

it('a Litestream that did what the page says would make all five steps work', () => {
  const wrapper = join(folder, 'litestream-as-documented');
  // The real one, told by its URL what the page believes it reads from the environment.
  writeFileSync(
    wrapper,
    `#!/bin/sh
if [ "$1" = restore ] && [ "$2" = -o ]; then
  case $4 in s3://drill/*) set -- restore -o "$3" "s3://drill.\${AWS_ENDPOINT_URL_S3#http://}/\${4#s3://drill/}" ;; esac
fi
exec '${litestream}' "$@"
`,
  );
  chmodSync(wrapper, 0o755);
  const result = drill('--scenario=documented-runbook', `--litestream=${wrapper}`);
  expect(result, result.reason).toMatchObject({ verdict: 'pass', measurements: { runbookStepsFailed: 0 } });
  expect(fates(result, null)).toEqual(['1 works', '2 works', '3 works', '4 works', '5 works']);
});
