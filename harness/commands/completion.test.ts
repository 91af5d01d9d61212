import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const START = path.join(import.meta.dirname, '../start.mjs');
const BASH_COMPLETION = '/usr/share/bash-completion/bash_completion';

/** What somebody has typed when the key is pressed, split as bash splits it, and what must be offered. */
const TYPED: readonly (readonly [string, readonly string[], string])[] = [
  ['drill --scenario=smo', ['drill', '--scenario', '=', 'smo'], 'smoke'],
  ['drill --except=disk-fu', ['drill', '--except', '=', 'disk-fu'], 'disk-full'],
  ['drill --tier=', ['drill', '--tier', '=', ''], 'smoke gate nightly soak'],
  ['drill report latest --form', ['drill', 'report', 'latest', '--form'], '--format'],
];

let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'drill-completion-'));
  const program = path.join(folder, 'drill');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${START}" "$@"\n`);
  chmodSync(program, 0o755);
  env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
});
afterAll(() => rmSync(folder, { recursive: true }));

test.skipIf(!existsSync(BASH_COMPLETION))('bash offers the words that fit, after a = as well', () => {
  const lines = TYPED.map(
    ([line, words]) =>
      `COMP_LINE='${line}'; COMP_POINT=${line.length}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); ` +
      `COMP_CWORD=${words.length - 1}; COMPREPLY=(); $how 2>/dev/null; echo "\${COMPREPLY[*]}"`,
  );
  const script = [
    `. ${BASH_COMPLETION}`,
    'source <(drill completion bash)',
    // As bash itself would call it.
    'how=$(complete -p drill | sed "s/.*-F \\([^ ]*\\) .*/\\1/")',
    ...lines,
  ].join('\n');
  const offered = execFileSync('bash', ['-c', script], { env, encoding: 'utf8' });
  expect(offered.trimEnd().split('\n')).toEqual(TYPED.map(([, , words]) => words));
});

test.each(['bash', 'zsh', 'fish'])('the script for %s is one that it can read', (shell) => {
  const script = execFileSync(path.join(folder, 'drill'), ['completion', shell], { env, encoding: 'utf8' });
  expect(script).toContain('complete');
  const file = path.join(folder, `script.${shell}`);
  writeFileSync(file, script);
  const { error, status, stderr } = spawnSync(shell, ['-n', file], { env, encoding: 'utf8' });
  // A shell that is not on this machine reads nothing.
  if (error === undefined) expect([status, stderr]).toEqual([0, '']);
});
