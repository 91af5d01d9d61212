import { fileURLToPath } from 'node:url';

/**
 * The path of a program of our own that is started as a process or a thread, named relative to the module that starts
 * it. In the checkout it is TypeScript, which Node runs as it is; in the installed package it is JavaScript, since Node
 * strips no types below node_modules.
 */
export function ownProgram(name: `${string}.ts`, startedBy: string): string {
  const isEmitted = startedBy.endsWith('.js');
  return fileURLToPath(new URL(isEmitted ? name.replace(/\.ts$/, '.js') : name, startedBy));
}
