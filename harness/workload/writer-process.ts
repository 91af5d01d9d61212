import { readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describeError, DrillError, messageOf } from '../errors.ts';
import { ledgerFile } from '../ledger/ledger-file.ts';
import type { Plan } from '../scenario/plan.ts';
import { openS3, type S3Client } from '../store/s3-client.ts';
import { s3Blobs } from './blob-backend.ts';
import { writerOptionsSchema } from './options.ts';
import { type Order, orderSchema } from './orders.ts';
import type { WriterLine, WriterOptions } from './options.ts';
import { runWriter } from './writer.ts';

/**
 * A writer: stands in for RustBaas on the host. `node writer-process.ts <options.json>`, ledger on descriptor 3,
 * orders on stdin, one a line: `go` starts the load, a JSON document is an act on its databases; end of file ends the
 * writer, so that it never outlives the harness.
 */
const LEDGER_DESCRIPTOR = 3;

try {
  const options = writerOptionsSchema.parse(readJson(process.argv[2] ?? ''));
  const { started, ended, orders } = listen();
  await runWriter({
    options,
    plan: readJson(options.planPath) as Plan,
    ...(options.blobBucket === undefined ? {} : { blobs: s3Blobs(openBucket(options.blobBucket)) }),
    ledger: ledgerFile(LEDGER_DESCRIPTOR),
    started,
    ended,
    orders,
    say,
  });
  process.exit(0);
} catch (error) {
  writeSync(2, `${error instanceof DrillError ? describeError(error) : messageOf(error)}\n`);
  process.exit(error instanceof DrillError ? error.exit : 4);
}

/** The credential never lies in a file of the host's. */
function openBucket(bucket: NonNullable<WriterOptions['blobBucket']>): S3Client {
  return openS3({
    ...bucket,
    accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
  });
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Orders from stdin. `started` is fulfilled by `go` or by the end, whichever comes first. */
function listen(): { started: Promise<void>; ended: AbortSignal; orders: Order[] } {
  const end = new AbortController();
  const orders: Order[] = [];
  const started = new Promise<void>((resolve) => {
    createInterface({ input: process.stdin }).on('line', (line) => {
      if (line === 'go') resolve();
      else orders.push(orderSchema.parse(JSON.parse(line)));
    });
    for (const event of ['end', 'close', 'error']) {
      process.stdin.on(event, () => {
        end.abort();
        resolve();
      });
    }
  });
  return { started, ended: end.signal, orders };
}

function say(line: WriterLine): void {
  try {
    writeSync(1, `${JSON.stringify(line)}\n`);
  } catch (error) {
    // Nobody listens any more, or not fast enough: the ledger is what counts, and stdin says when to end.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EPIPE' && code !== 'EAGAIN') throw error;
  }
}
