import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { STATUS_CODES } from '../scenario/store-fault.ts';

const MESSAGES: Readonly<Record<keyof typeof STATUS_CODES, string>> = {
  403: 'The provided token has expired.',
  408: 'Your socket connection to the server was not read from or written to within the timeout period.',
  429: 'Please reduce your request rate.',
  500: 'We encountered an internal error. Please try again.',
  503: 'Please reduce your request rate.',
};

/** Refuses a request as S3 does, after it has been heard to its end. */
export async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: keyof typeof STATUS_CODES,
  code: string = STATUS_CODES[status],
): Promise<void> {
  const message = code === 'AccessDenied' ? 'Access Denied' : MESSAGES[status];
  await answer(request, response, { status, code, message });
}

/** The same for whoever has a key that is no more. */
export async function refuseItsKey(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const message = 'The AWS Access Key Id you provided does not exist in our records.';
  await answer(request, response, { status: 403, code: 'InvalidAccessKeyId', message });
}

/** The same for a request that is dated by another clock. The answer has the store's time, as any of its answers. */
export async function refuseForItsTime(
  request: IncomingMessage,
  response: ServerResponse,
  storeMs: number,
): Promise<void> {
  const message = 'The difference between the request time and the current time is too large.';
  const refusal = { status: 403, code: 'RequestTimeTooSkewed', message };
  await answer(request, response, refusal, { date: new Date(storeMs).toUTCString() });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code, message }: { readonly status: number; readonly code: string; readonly message: string },
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (!(await heard(request))) return;
  const requestId = randomBytes(8).toString('hex').toUpperCase();
  const [path = ''] = (request.url ?? '/').split('?', 1);
  const body = Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      `<Error><Code>${code}</Code><Message>${message}</Message>` +
      `<Resource>${escaped(path)}</Resource><RequestId>${requestId}</RequestId></Error>`,
  );
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/xml',
    'content-length': body.length,
    'x-amz-request-id': requestId,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Takes a request and never answers; ends when its client has given up. */
export async function keepWaiting(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // What is not read to its end would hide that the client has gone.
  request.resume();
  await new Promise<void>((resolve) => {
    if (response.destroyed) resolve();
    else response.once('close', resolve);
  });
}

/** Reads half of an upload and resets its connection. */
export async function breakUpload(request: IncomingMessage): Promise<void> {
  const halfBytes = Number(request.headers['content-length'] ?? 0) / 2;
  // An iterator that destroyed the request would close its connection in good order.
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  let readBytes = 0;
  try {
    for await (const chunk of chunks) {
      readBytes += chunk.length;
      if (readBytes >= halfBytes) break;
    }
  } catch {
    // Its client has broken off first.
  }
  request.socket.resetAndDestroy();
}

/** False: its client was gone before it was whole. */
async function heard(request: IncomingMessage): Promise<boolean> {
  try {
    await finished(request.resume(), { writable: false });
    return true;
  } catch {
    return false;
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
