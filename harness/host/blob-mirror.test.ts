import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { monotonicUs } from '../clock.ts';
import { waitFor } from '../waiting.ts';
import { BlobMirror } from './blob-mirror.ts';

const STORAGE = 'realms/acme/apps/shop/storage';

let folder: string;
let dataDir: string;
let mirrorDir: string;
let mirror: BlobMirror | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirror-'));
  [dataDir, mirrorDir] = [join(folder, 'data'), join(folder, 'mirror')];
});
afterEach(async () => {
  await mirror?.[Symbol.asyncDispose]();
  mirror = null;
  rmSync(folder, { recursive: true });
});

function write(path: string, content: string): void {
  mkdirSync(dirname(join(dataDir, path)), { recursive: true });
  writeFileSync(join(dataDir, path), content);
}

function mirrored(): string[] {
  return readdirSync(mirrorDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .toSorted();
}

/** A whole round from now on. */
async function round(one: BlobMirror): Promise<void> {
  const nowUs = monotonicUs();
  const done = await waitFor(() => ((one.mirroredUpToUs ?? 0) >= nowUs ? true : one.failure), {
    timeoutMs: 5000,
    everyMs: 2,
    signal: new AbortController().signal,
  });
  if (done === null) throw new Error('no round within 5 s');
}

test('has what was stored before a round began, and no longer what was deleted before it', async () => {
  write(`${STORAGE}/a`, 'one');
  write(`${STORAGE}/b`, 'two');
  write('realms/acme/apps/shop/data.db', 'no blob');
  mirror = new BlobMirror(dataDir, mirrorDir, 5);
  await round(mirror);
  expect(mirrored()).toEqual(['a', 'b']);
  rmSync(join(dataDir, STORAGE, 'a'));
  write(`${STORAGE}/c`, 'three');
  await round(mirror);
  expect(mirrored()).toEqual(['b', 'c']);
  expect(readFileSync(join(mirrorDir, STORAGE, 'c'), 'utf8')).toBe('three');
  rmSync(join(dataDir, 'realms/acme/apps'), { recursive: true });
  await round(mirror);
  expect(mirrored()).toEqual([]);
  expect(mirror.failure).toBeNull();
});

test('drops nothing when the whole disk is out of reach, and says so', async () => {
  write(`${STORAGE}/a`, 'one');
  mirror = new BlobMirror(dataDir, mirrorDir, 5);
  await round(mirror);
  renameSync(dataDir, `${dataDir}-lost`);
  const { failure } = await waitForFailure(mirror);
  expect(failure).toContain('ENOENT');
  expect(mirrored()).toEqual(['a']);
});

async function waitForFailure(one: BlobMirror): Promise<BlobMirror> {
  await waitFor(() => one.failure, { timeoutMs: 5000, everyMs: 2, signal: new AbortController().signal });
  return one;
}

test('begins no round before its interval is over', async () => {
  write(`${STORAGE}/a`, 'one');
  mirror = new BlobMirror(dataDir, mirrorDir, 100_000);
  const { mirroredUpToUs: first } = await waitForFirst(mirror);
  write(`${STORAGE}/b`, 'two');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(mirror.mirroredUpToUs).toBe(first);
  expect(mirrored()).toEqual(['a']);
});

async function waitForFirst(one: BlobMirror): Promise<BlobMirror> {
  const signal = new AbortController().signal;
  await waitFor(() => one.mirroredUpToUs, { timeoutMs: 5000, everyMs: 2, signal });
  return one;
}
