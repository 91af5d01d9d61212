/** `npm run docs:codes`: writes docs/failure-codes.md. */
import { writeFileSync } from 'node:fs';
import { FAILURE_CODES, failureCodes } from './failure-codes.ts';

writeFileSync(FAILURE_CODES, failureCodes());
process.stdout.write('docs/failure-codes.md\n');
