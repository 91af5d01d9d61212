import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { REPORTS_DIR } from '../project.ts';
import { instant, repeatCommand, type RunOptions } from './options.ts';
import { openIo } from './terminal.ts';

const DEFAULTS: RunOptions = {
  scenarios: ['smoke'],
  tier: null,
  tag: null,
  except: [],
  store: 'auto',
  litestream: null,
  supervisor: null,
  seed: null,
  repeat: 1,
  shard: null,
  against: null,
  tolerance: 0.25,
  reporters: ['junit'],
  notify: { url: null, format: 'json' },
  outputDir: REPORTS_DIR,
  json: true,
  dryRun: false,
  keep: true,
  bail: false,
  timeoutMs: null,
  quiet: true,
  verbose: false,
};

test('the repeat command has what changes the drill, quoted for a shell', () => {
  expect(repeatCommand(DEFAULTS, 42)).toBe('npm run drill -- --scenario=smoke --seed=42');
  const all: RunOptions = {
    ...DEFAULTS,
    scenarios: ['a', './b c.yaml'],
    tier: 'gate',
    tag: 'x',
    except: ['c'],
    store: 'embedded',
    litestream: '/opt/litestream',
    supervisor: "exec 'mine' $HOME",
    repeat: 3,
    timeoutMs: 90_000,
    bail: true,
    shard: { index: 2, count: 5 },
  };
  expect(repeatCommand(all, 7)).toBe(
    "npm run drill -- --scenario=a '--scenario=./b c.yaml' --tier=gate --tag=x --except=c --store=embedded " +
      String.raw`--litestream=/opt/litestream '--supervisor=exec '\''mine'\'' $HOME' ` +
      '--timeout=90000ms --repeat=3 --bail --shard=2/5 --seed=7',
  );
});

test.each<[string, boolean, NodeJS.ProcessEnv, boolean, { colour: boolean; motion: boolean }]>([
  ['a terminal', true, {}, false, { colour: true, motion: true }],
  ['a pipe', false, {}, false, { colour: false, motion: false }],
  ['NO_COLOR', true, { NO_COLOR: '1' }, false, { colour: false, motion: true }],
  ['an empty NO_COLOR', true, { NO_COLOR: '' }, false, { colour: true, motion: true }],
  ['--no-color', true, { FORCE_COLOR: '1' }, true, { colour: false, motion: false }],
  ['TERM=dumb', true, { TERM: 'dumb' }, false, { colour: false, motion: false }],
  ['CI', true, { CI: 'true' }, false, { colour: true, motion: false }],
  ['FORCE_COLOR in a pipe', false, { FORCE_COLOR: '1' }, false, { colour: true, motion: false }],
  ['FORCE_COLOR=0', false, { FORCE_COLOR: '0' }, false, { colour: false, motion: false }],
])('colour and motion: %s', (_, isTTY, env, noColour, expected) => {
  const stream = { write: () => true, isTTY };
  expect(openIo({ stdout: stream, stderr: stream }, env, noColour).stderr).toMatchObject(expected);
});

test('what goes to stderr loses the secrets of the environment', () => {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) };
  const env = { AWS_SECRET_ACCESS_KEY: 'hunter22222' };
  openIo({ stdout: stream, stderr: stream }, env, false).stderr.write('a title with hunter22222 in it');
  expect(written).toEqual(['a title with [redacted] in it']);
});

test('GitHub is told every secret before the first line, and nobody else is', () => {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) };
  const env = { AWS_SECRET_ACCESS_KEY: 'hunter22222', API_KEY: 'of two\nlines, 100%' };
  const github = { ...env, GITHUB_ACTIONS: 'true' };
  const { stderr } = openIo({ stdout: stream, stderr: stream }, github, false);
  expect(written).toEqual([]);
  stderr.write('hunter22222\n');
  stderr.write('more\n');
  const [masks, ...lines] = written;
  for (const secret of ['of two%0Alines, 100%25', 'hunter22222', btoa('hunter22222')])
    expect(masks).toContain(`::add-mask::${secret}\n`);
  expect(lines).toEqual(['[redacted]\n', 'more\n']);
  written.length = 0;
  openIo({ stdout: stream, stderr: stream }, env, false).stderr.write('line\n');
  expect(written).toEqual(['line\n']);
});

test('a file is no log that GitHub reads: no secret is written to it', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drill-io-'));
  const fd = openSync(path.join(folder, 'log'), 'w');
  try {
    const written: string[] = [];
    const stream = { write: (text: string) => written.push(text), fd };
    const env = { AWS_SECRET_ACCESS_KEY: 'hunter22222', GITHUB_ACTIONS: 'true' };
    openIo({ stdout: stream, stderr: stream }, env, false).stderr.write('line\n');
    expect(written).toEqual(['line\n']);
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ['2026-11-24T03:00:00Z', '2026-11-24T03:00:00.000Z'],
  ['2026-11-24T03:00:00.123456Z', '2026-11-24T03:00:00.123Z'],
  ['2026-11-24T04:00:00+01:00', '2026-11-24T03:00:00.000Z'],
])('an instant: %s', (text, expected) => {
  expect(instant(text)).toBe(expected);
});

test.each(['now', '2026-11-24', '2026-11-24T03:00:00', '2026-13-24T03:00:00Z', ''])(
  'no instant: %s',
  (text) => {
    expect(() => instant(text)).toThrow('It must be an instant like');
  },
);
