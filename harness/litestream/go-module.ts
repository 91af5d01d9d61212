import { createReadStream } from 'node:fs';

/**
 * The version of Litestream's module that a Go program was built from, without its v; null when it was not built from the
 * published module. Programs that `go install` built before 0.5.16 answer `version` with "(development build)": what they
 * are stands only in the build information that Go puts into every program. A line without a sum is somebody's checkout.
 */
export async function goModuleVersion(program: string): Promise<string | null> {
  const line = /\nmod\tgithub\.com\/benbjohnson\/litestream\tv(\d+\.\d+\.\d+(?:-[\w.]+)?)\th1:[\w+/=]+\n/;
  const OVERLAP = 512;
  let tail = '';
  for await (const chunk of createReadStream(program, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    const text = tail + chunk.toString('latin1');
    const version = line.exec(text)?.[1];
    if (version !== undefined) return version;
    tail = text.slice(-OVERLAP);
  }
  return null;
}
