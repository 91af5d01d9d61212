import { appendFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { githubAnnotations, githubOutputs } from '../report/github.ts';
import { renderMarkdown } from '../report/markdown.ts';
import type { Result } from '../result.ts';
import type { Io } from './options.ts';
import { isGithub } from './terminal.ts';

/**
 * Tells GitHub Actions, when that is where we run: annotations at the scenario's line, the job summary, the outputs. What
 * cannot be written only warns: the exit code is the gate.
 */
export function tellGithub(result: Result, runDir: string, io: Io): void {
  if (!isGithub(io.env)) return;
  // Workflow commands are read from stderr too, and stdout belongs to the result.
  io.stderr.write(githubAnnotations(result));
  for (const [variable, text] of [
    ['GITHUB_STEP_SUMMARY', renderMarkdown(result)],
    ['GITHUB_OUTPUT', githubOutputs(result, runDir)],
  ] as const) {
    const file = io.env[variable];
    if (file === undefined || file === '') continue;
    try {
      appendFileSync(file, text);
    } catch (error) {
      io.stderr.write(`warning: ${variable} could not be written: ${messageOf(error)}\n`);
    }
  }
}
