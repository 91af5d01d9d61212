import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const isRoot = process.getuid?.() === 0;

/** Runs a program as root: directly, or with a sudo that does not ask. Answers what it printed. */
export async function asRoot(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = isRoot ? await run(program, [...args]) : await run('sudo', ['-n', program, ...args]);
  return stdout;
}

/** Writes to a file of the kernel. */
export async function writeAsRoot(file: string, text: string): Promise<void> {
  if (isRoot) await writeFile(file, text);
  else await run('sudo', ['-n', 'sh', '-c', 'printf %s "$1" >"$2"', 'sh', text, file]);
}

/** What a shell does so that `text`, in which it puts its own variables, is written to a file of the kernel. */
export function shellWritesAsRoot(file: string, text: string): string {
  return isRoot ? `echo "${text}" >'${file}'` : `echo "${text}" | sudo -n tee '${file}' >/dev/null`;
}
