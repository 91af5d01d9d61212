/**
 * The leader of one host: starts its processes on command and, when the harness is gone (end of standard input),
 * ends the whole group at once, so that nothing of a host outlives the harness that started it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { monotonicUs } from '../clock.ts';
import { killHost } from './process-scan.ts';
import type { HostCommand, HostEvent, StartCommand } from './protocol.ts';

const hostFolder = process.argv[2] ?? '';
const children = new Map<string, ChildProcess>();

const commands = createInterface({ input: process.stdin });
commands.on('line', (line) => obey(JSON.parse(line) as HostCommand));
commands.on('close', () => {
  // The harness died or let go. First those who left the group, then the group with this process in it.
  killHost({ groupId: null, folder: hostFolder, sparePids: [process.pid] });
  process.kill(-process.pid, 'SIGKILL');
});
// Ctrl-C in a terminal and npm's copies of it are the harness's to handle.
process.on('SIGINT', () => undefined);
process.stdout.on('error', () => undefined);

function obey(command: HostCommand): void {
  switch (command.do) {
    case 'start':
      start(command);
      return;
    case 'input':
      children.get(command.name)?.stdin?.write(command.text);
      return;
    case 'signal':
      children.get(command.name)?.kill(command.signal);
      return;
  }
}

function start(command: StartCommand): void {
  const log = openSync(command.logFile, 'a');
  const ledger = command.ledgerFile === null ? null : openSync(command.ledgerFile, 'a');
  const [program, ...args] = command.argv ?? ['/bin/sh', '-c', command.shell ?? ''];
  try {
    const child = spawn(program ?? '', args, {
      cwd: command.cwd,
      env: { ...command.env },
      stdio: ['pipe', command.relay ? 'pipe' : log, log, ...(ledger === null ? [] : [ledger])],
    });
    children.set(command.name, child);
    watch(command.name, child);
  } catch (error) {
    say({
      event: 'error',
      name: command.name,
      message: error instanceof Error ? error.message : String(error),
    });
  } finally {
    closeSync(log);
    if (ledger !== null) closeSync(ledger);
  }
}

function watch(name: string, child: ChildProcess): void {
  child.on('spawn', () => say({ event: 'started', name, pid: child.pid ?? 0, atUs: monotonicUs() }));
  child.on('error', (error) => say({ event: 'error', name, message: error.message }));
  child.stdin?.on('error', () => undefined); // it may end before it reads
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (text) => say({ event: 'line', name, text }));
  }
  child.on('close', (exitCode, signal) => {
    children.delete(name);
    say({ event: 'exited', name, exitCode, signal, atUs: monotonicUs() });
  });
}

function say(event: HostEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
