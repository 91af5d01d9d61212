import { join } from 'node:path';
import {
  CLASS_OF_ERROR,
  CLASS_OF_GAP,
  type Classified,
  FIX_OF_CHECK,
  FIX_OF_OWN_CHECK,
  FIX_OF_SUBJECT,
} from '../failure-classes.ts';
import { SCENARIOS_DIR } from '../project.ts';
import { row, tableHead } from './markdown-row.ts';

/** Where the page lies that `npm run docs:codes` makes. */
export const FAILURE_CODES = join(SCENARIOS_DIR, '..', 'docs', 'failure-codes.md');

/** Every stable code of a failure, whose failure it is and what to do, as a page. */
export function failureCodes(): string {
  return `# Failure codes, and what to do about each

Made by \`npm run docs:codes\` from [failure-classes.ts](../harness/failure-classes.ts); a test fails when this page and the code differ. Whatever
is not a pass has these codes in \`result.json\` (\`failures\`) and in the reports, with what to do in the case at hand where that is known.

- **subject**: the supervisor, Litestream and what they gave back. Only this makes a drill fail (exit code 1), and a negative
  control that nothing caught.
- **store**: the S3 service. **harness**: the drill itself, or what it was asked to do. **environment**: the machine. These
  make a drill inconclusive (exit code 3), or start nothing (exit code 2); a bug in the harness is exit code 4.

## What the subject says of itself, or a drill sees of it

${table(Object.entries(FIX_OF_SUBJECT).map(([code, fix]) => [code, ['subject', fix]]))}

## Checks of what came back

A code is the name of the check that failed.

${table([
  ...Object.entries(FIX_OF_CHECK).map(([code, fix]) => [code, ['subject', fix]] as const),
  ["a scenario's own check, by its name", ['subject', FIX_OF_OWN_CHECK]],
])}

## Why nothing was measured although nothing broke

These are inconclusive, but for \`control-not-caught\`, which fails: what the scenario names did not go red.

${table(Object.entries(CLASS_OF_GAP))}

## Errors

What ends a command or a drill. One of the subject's, where it broke the rig of a drill, is told there as the harness': the subject is not to
blame for that.

${table(Object.entries(CLASS_OF_ERROR))}
`;
}

function table(codes: readonly (readonly [code: string, classified: Classified])[]): string {
  const rows = codes.map(([code, [failureClass, fix]]) => row(named(code), failureClass, fix));
  return [tableHead('code', 'whose', 'what to do'), ...rows].join('\n');
}

/** A code as it stands in a result; words that stand for many codes are no code. */
function named(code: string): string {
  return code.includes(' ') ? code : `\`${code}\``;
}
