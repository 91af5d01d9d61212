import { appendFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { githubAnnotations, githubOutputs } from '../report/github.ts';
import { renderMarkdown } from '../report/markdown.ts';
import type { Result } from '../result.ts';
import type { Io } from './options.ts';
import { isGithub } from './terminal.ts';

/** Tells GitHub Actions of a result: annotations at the scenario's line, the job summary, the outputs. */
export function tellGithub(result: Result, runDir: string, io: Io): void {
  appendForGithub(githubAnnotations(result), renderMarkdown(result), githubOutputs(result, runDir), io);
}

/** Does so when that is where we run. What cannot be written only warns: the exit code is the gate. */
export function appendForGithub(annotations: string, summary: string, outputs: string, io: Io): void {
  if (!isGithub(io.env)) return;
  // Workflow commands are read from stderr too, and stdout belongs to the result.
  io.stderr.write(annotations);
  for (const [variable, text] of [
    ['GITHUB_STEP_SUMMARY', summary],
    ['GITHUB_OUTPUT', outputs],
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
