import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../errors.ts';
import type { Fetched, FetchOrder } from './fetch.ts';
import { FetchProblem, isOnPath, runTool } from './tool.ts';

const RELEASES = 'https://github.com/benbjohnson/litestream/releases/download';
/** An archive has about 14 MB. */
const ARCHIVE_BYTES = 200_000_000;
const CHECKSUMS_BYTES = 100_000;

/** The archive that upstream publishes, once it is the one that the checksums.txt beside it names. */
export async function fetchFromGitHub(order: FetchOrder, releases: string = RELEASES): Promise<Fetched> {
  if (order.version.startsWith('0.3.')) {
    throw new FetchProblem('the releases of the 0.3 line have no checksums to compare with');
  }
  if (!isOnPath('tar', order.env)) throw new FetchProblem('there is no tar on PATH to unpack it with');
  const base = `${releases}/v${order.version}`;
  const arch = process.arch === 'x64' ? 'x86_64' : process.arch;
  const name = `litestream-${order.version}-${process.platform}-${arch}.tar.gz`;
  // One limit for both.
  const limit = AbortSignal.timeout(order.limits.downloadMs);
  const checksums = await download(`${base}/checksums.txt`, CHECKSUMS_BYTES, order, limit);
  const expected = checksumOf(name, checksums.toString('utf8'));
  const archive = await download(`${base}/${name}`, ARCHIVE_BYTES, order, limit);
  const digest = createHash('sha256').update(archive).digest('hex');
  if (digest !== expected) {
    throw new FetchProblem(`${name} has the sha256 ${digest}, but checksums.txt says ${expected}`);
  }
  await writeFile(path.join(order.folder, name), archive);
  const run = {
    cwd: order.folder,
    env: order.env,
    signal: order.signal,
    timeoutMs: order.limits.downloadMs,
  };
  await runTool('tar', ['-xzf', name, 'litestream'], run);
  return {
    program: path.join(order.folder, 'litestream'),
    checked: `checksums.txt of the release, the archive's sha256 ${digest}`,
  };
}

async function download(
  url: string,
  limitBytes: number,
  order: FetchOrder,
  limit: AbortSignal,
): Promise<Buffer> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([order.signal, limit]) });
    if (response.body === null || !response.ok) throw new Error(`HTTP status ${response.status}`);
    return await readWhole(response.body, limitBytes);
  } catch (error) {
    order.signal.throwIfAborted();
    const seconds = Math.round(order.limits.downloadMs / 1000);
    const why = limit.aborted ? `not here within ${seconds} s` : rootMessage(error);
    throw new FetchProblem(`${url}: ${why}`, { cause: error });
  }
}

async function readWhole(body: AsyncIterable<Uint8Array>, limitBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw new Error(`more than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** `fetch failed` says nothing; what stands behind it does. */
function rootMessage(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return messageOf(cause ?? error);
}

function checksumOf(name: string, checksums: string): string {
  for (const line of checksums.split('\n')) {
    const [digest, file] = line.trim().split(/\s+\*?/);
    if (file === name && digest !== undefined && /^[0-9a-f]{64}$/.test(digest)) return digest;
  }
  throw new FetchProblem(`checksums.txt of the release does not name ${name}`);
}
