import { readFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { ownChecksOf } from '../scenario/define.ts';
import { defaultExport } from '../scenario/load-module.ts';
import { answerOf, type OwnAnswer } from './answer.ts';
import type { OwnChecksInput } from './input.ts';
import { openRestored } from './open-restored.ts';

/** Runs one check of a scenario's own and answers over the channel to its parent, once. */
const [module = '', name = '', inputFile = '', scratchDir = ''] = process.argv.slice(2);

async function run(): Promise<OwnAnswer> {
  const found = await defaultExport(module);
  if ('problem' in found) return noAnswer(0, found.problem);
  const check = ownChecksOf(found.defined.definition).get(name);
  if (check === undefined) return noAnswer(0, `the scenario has no check ${name} any more`);
  using fleet = openRestored(JSON.parse(readFileSync(inputFile, 'utf8')) as OwnChecksInput, scratchDir);
  try {
    const returned: unknown = await check(fleet.restored);
    return answerOf(returned, fleet.opened());
  } catch (error) {
    return noAnswer(fleet.opened(), `it threw: ${messageOf(error)}`);
  }
}

function noAnswer(opened: number, error: string): OwnAnswer {
  return { opened, findings: [], error: error.slice(0, 2000) };
}

const answer = await run().catch((error: unknown) => noAnswer(0, `it could not be run: ${messageOf(error)}`));
process.send?.(answer, () => process.exit(0));
