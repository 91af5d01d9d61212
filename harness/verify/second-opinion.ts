import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import type { Finding } from '../evidence/checks.ts';
import { finding } from './finding.ts';

const TIMEOUT_MS = 300_000;
const AT_ONCE = 2;
const ANSWER_BYTES = 100_000;
const ANSWER_CHARACTERS = 300;

/**
 * What SQLite says of a file that is damaged: SQLITE_CORRUPT, SQLITE_NOTADB (in older versions too), a schema that it cannot
 * parse, a header of no version. Anything else that ends the tool is trouble of its own: no memory, no descriptor, a lock.
 */
const DAMAGED =
  /database disk image is malformed|malformed database schema|is not a database|unsupported file format/;

/**
 * `integrity` again by the `sqlite3` command-line tool: what the library that wrote a file also vouches for is worth
 * less than what a second program says. `immutable` keeps it from making side files. Throws when the tool cannot run,
 * or says nothing of the file.
 */
export async function secondOpinion(
  sqlite3: string,
  restoredDir: string,
  paths: readonly string[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const waiting = [...paths];
  const ask = async (): Promise<void> => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const answer = await integrityOf(sqlite3, join(restoredDir, path));
      if (answer === 'ok') continue;
      findings.push(
        finding('integrity', path, {
          expected: 'ok',
          actual: answer,
          detail: `the sqlite3 tool says: ${answer}`,
          count: 1,
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return findings.toSorted((a, b) => ((a.database ?? '') < (b.database ?? '') ? -1 : 1));
}

/** `ok`, or the first line of what is wrong. */
async function integrityOf(sqlite3: string, file: string): Promise<string> {
  const uri = `${pathToFileURL(file).href}?immutable=1`;
  const result = await execa(sqlite3, ['-batch', '-readonly', uri, 'PRAGMA integrity_check(1)'], {
    reject: false,
    stdin: 'ignore',
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: ANSWER_BYTES,
  });
  if (result.exitCode === undefined) throw new Error(`${sqlite3} did not answer: ${result.shortMessage}`);
  const said = result.exitCode === 0 ? result.stdout : result.stderr || result.stdout;
  const words = said.trim().split('\n', 1)[0]?.slice(0, ANSWER_CHARACTERS) ?? '';
  const isOfTheFile = result.exitCode === 0 ? words !== '' : DAMAGED.test(words);
  if (!isOfTheFile) throw new Error(`${sqlite3} ended with exit code ${result.exitCode}: ${words}`);
  return words;
}
