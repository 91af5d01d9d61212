import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DrillError, messageOf } from '../errors.ts';
import { COMMAND } from '../project.ts';
import { RC_FILE } from './rc.ts';
import type { Io } from './options.ts';

interface NewFile {
  readonly name: string;
  readonly text: string;
}

/** `drill init`: what a new project needs for its first drill and its nightly one. A file that is there stays as it is. */
export function initCommand({ folder }: { readonly folder: string }, io: Io): number {
  const written = FILES.map(({ name, text }) => ({ name, isNew: write(path.join(folder, name), text) }));
  for (const { name, isNew } of written) {
    io.stdout.write(isNew ? `written  ${name}\n` : `kept     ${name}, which was there already\n`);
  }
  io.stdout.write(`\nnext: ${COMMAND} validate, then ${COMMAND} --scenario=first-drill\n`);
  return 0;
}

/** `wx`: between a look and a write somebody else could have made it. */
function write(file: string, text: string): boolean {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new DrillError('DRILL_E_OUTPUT_UNWRITABLE', {
      what: `${file} cannot be written`,
      why: messageOf(error),
      fix: 'give a folder that can be written: drill init FOLDER',
      exit: 2,
      cause: error,
    });
  }
}

const SCENARIO = `# yaml-language-server: $schema=../node_modules/rustbaas-dr-drill/dist/scenarios/scenario.schema.json
id: first-drill
title: A small fleet dies under load and comes back
description: >-
  Make it like your own fleet: as many realms and apps, your replicate_interval_sec, your load. The objectives are what you
  promise: the RPO a little above the interval, the RTO what your users would wait.
tier: gate
fleet: { realms: 2, appsPerRealm: 2, rowsPerApp: { min: 20, max: 200, skew: zipf } }
supervisor: { replicateIntervalSec: 1 }
workload: { writesPerSecond: 100, duration: 5s }
objectives:
  - rpoMs max < 3000
  - rtoMs < 30000
  - lostWritesBeyondRpo == 0
timeout: 3m
`;

const RC = `# Options of every run in this project; the environment and the command line go before them.
# auto: MinIO in a container where an engine answers, else a minio program, else in memory.
store: auto
output-dir: reports
`;

const WORKFLOW = `name: dr-drill
on:
  schedule: [{ cron: "0 3 * * *" }]
  workflow_dispatch:
permissions: { contents: read }
jobs:
  drill:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    env: { TESTCONTAINERS_RYUK_DISABLED: "true" }
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24 }
      - run: npm ci
      - run: npx drill --tier=gate
      - uses: actions/upload-artifact@v4
        if: always()
        with: { name: dr-drill, path: reports/ }
`;

const FILES: readonly NewFile[] = [
  { name: 'scenarios/first-drill.yaml', text: SCENARIO },
  { name: '.github/workflows/dr-drill.yml', text: WORKFLOW },
  { name: RC_FILE, text: RC },
];
