import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';

const SEAL = 'seal.json';
const sealSchema = z.record(z.string(), z.strictObject({ bytes: z.number().int(), sha256: z.string() }));

/**
 * Notes size and SHA-256 of every ledger file, once its writers are dead. A tail that is cut off at the end of a line
 * looks like a writer that was killed there, and would turn lost writes into writes that never were. Returns the seal.
 */
export async function sealLedger(ledgerDir: string): Promise<string> {
  const seal = `${JSON.stringify(await fingerprints(ledgerDir), null, 1)}\n`;
  await writeFile(join(ledgerDir, SEAL), seal);
  return seal;
}

/** Whether the seal on disk is still the one that `sealLedger` returned: a seal can be made anew with what it seals. */
export async function isSealIntact(ledgerDir: string, seal: string): Promise<boolean> {
  return (await readFile(join(ledgerDir, SEAL), 'utf8').catch(() => null)) === seal;
}

/** What has changed since the ledger was sealed; nothing when it never was. */
export async function sealProblems(ledgerDir: string): Promise<string[]> {
  const text = await readFile(join(ledgerDir, SEAL), 'utf8').catch(() => null);
  if (text === null) return [];
  const sealed = sealSchema.safeParse(jsonOf(text));
  if (!sealed.success) return [`${SEAL} cannot be read`];
  const now = await fingerprints(ledgerDir);
  const files = new Set([...Object.keys(sealed.data), ...Object.keys(now)]);
  return [...files].flatMap((file) => {
    const before = sealed.data[file];
    const after = now[file];
    if (before === undefined) return [`${file} was added after the ledger was sealed`];
    if (after === undefined) return [`${file} is gone`];
    if (before.bytes !== after.bytes)
      return [`${file} has ${after.bytes} bytes, it was sealed with ${before.bytes}`];
    return before.sha256 === after.sha256 ? [] : [`${file} was changed after the ledger was sealed`];
  });
}

async function fingerprints(ledgerDir: string): Promise<z.infer<typeof sealSchema>> {
  const names = (await readdir(ledgerDir)).filter((name) => name.endsWith('.ndjson')).toSorted();
  const prints: z.infer<typeof sealSchema> = {};
  for (const name of names) {
    const hash = createHash('sha256');
    let bytes = 0;
    await pipeline(createReadStream(join(ledgerDir, name)), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        hash.update(chunk);
      }
    });
    prints[name] = { bytes, sha256: hash.digest('hex') };
  }
  return prints;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
