import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { bytes } from '../report/format.ts';
import type { Diagnosis } from './doctor.ts';

const ANSWER_TIMEOUT_MS = 5000;
/** A smoke drill was measured at 0.6 GB with the store in memory. */
const LEAST_MEMORY_BYTES = 1_000_000_000;
/** Writers, supervisor, Litestream, restores and their threads. */
const LEAST_PROCESSES = 512;

/** What a drill needs of the machine beside its programs. */
export async function machineDiagnoses(env: NodeJS.ProcessEnv): Promise<Diagnosis[]> {
  return [await memory(), await processes(), await clock(env)];
}

async function memory(): Promise<Diagnosis> {
  const name = 'memory';
  // What the kernel could give, caches included; elsewhere than on Linux what is idle.
  const info = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(info)?.[1];
  const freeBytes = available === undefined ? freemem() : Number(available) * 1024;
  const found = `${bytes(freeBytes)} of ${bytes(totalmem())} free`;
  if (freeBytes >= LEAST_MEMORY_BYTES) return { name, state: 'ok', found, fix: '' };
  const fix = `end other programs: a small drill takes ${bytes(LEAST_MEMORY_BYTES)}, a large one more (--dry-run says how much)`;
  return { name, state: 'warn', found, fix };
}

async function processes(): Promise<Diagnosis> {
  const name = 'processes';
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = /^Max processes\s+(\S+)/m.exec(limits)?.[1];
  if (soft === undefined) return { name, state: 'ok', found: 'limit unknown', fix: '' };
  const found = `limit ${soft}`;
  if (soft === 'unlimited' || Number(soft) >= LEAST_PROCESSES) return { name, state: 'ok', found, fix: '' };
  return { name, state: 'warn', found, fix: `raise it: ulimit -u ${LEAST_PROCESSES}` };
}

/** Figures come from the monotonic clock; points in time, signatures and certificates need the wall clock. */
async function clock(env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const name = 'clock';
  const answer = await promisify(execFile)('timedatectl', ['show', '--property=NTPSynchronized', '--value'], {
    env,
    timeout: ANSWER_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  }).catch(() => null);
  const now = new Date().toISOString();
  const state = answer?.stdout.trim();
  if (state === 'yes') return { name, state: 'ok', found: `${now}, kept by NTP`, fix: '' };
  if (state === 'no') {
    const fix = 'sudo timedatectl set-ntp true: a store refuses requests whose time is off by minutes';
    return { name, state: 'warn', found: `${now}, not kept by NTP`, fix };
  }
  const found = `${now}; nothing here tells whether NTP keeps it, and every drill compares it with its store`;
  return { name, state: 'ok', found, fix: '' };
}
