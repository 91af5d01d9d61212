import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeLitestream } from './fake-tools.ts';
import { fetchFromGitHub } from './fetch-github.ts';

const ARCH = process.arch === 'x64' ? 'x86_64' : process.arch;
const NAME = `litestream-0.5.17-${process.platform}-${ARCH}.tar.gz`;

let folder: string;
let server: Server;
let releases: string;
/** What the server has; null: it never answers. */
let files: Record<string, Buffer | string | null>;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'github-'));
  files = {};
  server = createServer((request, response) => {
    const body = files[request.url ?? ''];
    if (body === null) return;
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  releases = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function fetchIt(version = '0.5.17', signal = new AbortController().signal) {
  const limits = { downloadMs: 1000, buildMs: 1000 };
  return fetchFromGitHub({ version, folder, env: process.env, signal, limits }, releases);
}

function publish(): Buffer {
  const content = join(folder, 'content');
  mkdirSync(content);
  writeFileSync(join(content, 'litestream'), fakeLitestream('0.5.17'));
  chmodSync(join(content, 'litestream'), 0o755);
  const archive = execFileSync('tar', ['-czf', '-', '-C', content, 'litestream']);
  rmSync(content, { recursive: true });
  files[`/v0.5.17/${NAME}`] = archive;
  const digest = createHash('sha256').update(archive).digest('hex');
  files['/v0.5.17/checksums.txt'] = `${'0'.repeat(64)}  ${NAME}.sbom.json\n${digest}  ${NAME}\n`;
  return archive;
}

test('the archive of this machine, compared with checksums.txt', async () => {
  publish();
  const { program, checked } = await fetchIt();
  expect(readFileSync(program, 'utf8')).toBe(fakeLitestream('0.5.17'));
  expect(checked).toMatch(/^checksums\.txt of the release, the archive's sha256 [0-9a-f]{64}$/);
});

test('an archive that is not the one of checksums.txt is not unpacked', async () => {
  files[`/v0.5.17/${NAME}`] = Buffer.concat([publish(), Buffer.from('x')]);
  await expect(fetchIt()).rejects.toThrow(/has the sha256 .* but checksums\.txt says/);
  expect(() => readFileSync(join(folder, 'litestream'))).toThrow('ENOENT');
});

test.for<[name: string, prepare: () => void, line: RegExp]>([
  ['no such release', () => undefined, /checksums\.txt: HTTP status 404/],
  ['not for this machine', () => (files['/v0.5.17/checksums.txt'] = 'abc  another'), /does not name/],
  ['a server that does not answer', () => (files['/v0.5.17/checksums.txt'] = null), /not here within 1 s/],
])('%s: one line that says so', async ([, prepare, line]) => {
  prepare();
  await expect(fetchIt()).rejects.toThrow(line);
});

test('no connection: the reason, not "fetch failed"', async () => {
  server.close();
  await expect(fetchIt()).rejects.toThrow(/ECONNREFUSED/);
});

test('the 0.3 line has nothing to compare with', async () => {
  await expect(fetchIt('0.3.13')).rejects.toThrow(/no checksums/);
});

test('an interruption is not a problem of the source', async () => {
  files['/v0.5.17/checksums.txt'] = null;
  const reason = new Error('interrupted');
  await expect(fetchIt('0.5.17', AbortSignal.abort(reason))).rejects.toBe(reason);
});
