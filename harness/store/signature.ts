import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** As AWS has it. */
const MOST_SKEW_MS = 15 * 60_000;

type Refusal = 'SignatureDoesNotMatch' | 'RequestTimeTooSkewed';

/**
 * Checks the signature of a request (AWS Signature Version 4, in the header), which the embedded service leaves out: without
 * it a wrong secret would be as good as the right one. The body is covered by the hash in the header that is signed.
 */
export function refusalOf(request: IncomingMessage, secret: string, nowMs = Date.now()): Refusal | null {
  const signed = parse(request.headers.authorization ?? '');
  const sentMs = sentMsOf(request);
  if (signed === null || sentMs === null) return 'SignatureDoesNotMatch';
  if (isTooSkewed(sentMs, nowMs)) return 'RequestTimeTooSkewed';
  const wanted = Buffer.from(signatureOf(request, signed, String(request.headers['x-amz-date']), secret));
  const given = Buffer.from(signed.signature);
  return wanted.length === given.length && timingSafeEqual(wanted, given) ? null : 'SignatureDoesNotMatch';
}

/** When a request was signed, by the clock of whoever did it; null: it does not say. */
export function sentMsOf({ headers }: IncomingMessage): number | null {
  const date = String(headers['x-amz-date'] ?? '');
  const sentMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  return Number.isNaN(sentMs) ? null : sentMs;
}

/** Whether two clocks are too far apart for a request. */
export function isTooSkewed(sentMs: number, storeMs: number): boolean {
  return Math.abs(storeMs - sentMs) > MOST_SKEW_MS;
}

/** The headers of the same request with which it is signed at another time; null: its own signature is not right. */
export function signedAnew(
  request: IncomingMessage,
  secret: string,
  nowMs: number,
): Readonly<Record<string, string>> | null {
  const signed = parse(request.headers.authorization ?? '');
  const sentMs = sentMsOf(request);
  // Whoever has the wrong secret must not get the right one here.
  if (signed === null || sentMs === null || refusalOf(request, secret, sentMs) !== null) return null;
  const date = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = [date.slice(0, 8), ...signed.scope.slice(1)];
  const signature = signatureOf(request, { ...signed, scope }, date, secret);
  const authorization = (request.headers.authorization ?? '')
    .replace(signed.scope.join('/'), scope.join('/'))
    .replace(signed.signature, signature);
  return { 'x-amz-date': date, authorization };
}

function signatureOf(
  request: IncomingMessage,
  { scope, headers }: Pick<Signed, 'scope' | 'headers'>,
  date: string,
  secret: string,
): string {
  const text = [
    'AWS4-HMAC-SHA256',
    date,
    scope.join('/'),
    createHash('sha256')
      .update(canonical(request, headers, date))
      .digest('hex'),
  ].join('\n');
  const key = scope.reduce<Buffer | string>((before, part) => hmac(before, part), `AWS4${secret}`);
  return hmac(key, text).toString('hex');
}

interface Signed {
  /** Day, region, service and `aws4_request`. */
  readonly scope: readonly string[];
  readonly headers: readonly string[];
  readonly signature: string;
}

function parse(authorization: string): Signed | null {
  const found = /Credential=[^/]+\/([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=(\w+)/.exec(
    authorization,
  );
  const [, scope = '', headers = '', signature = ''] = found ?? [];
  return found === null ? null : { scope: scope.split('/'), headers: headers.split(';'), signature };
}

/** The request as both sides write it down. S3 takes the path as it was sent. */
function canonical(request: IncomingMessage, signedHeaders: readonly string[], date: string): string {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const headers = signedHeaders
    .map((name) => `${name}:${name === 'x-amz-date' ? date : valueOf(request, name)}\n`)
    .join('');
  const payload = String(request.headers['x-amz-content-sha256'] ?? '');
  return [request.method, path, canonicalQuery(query), headers, signedHeaders.join(';'), payload].join('\n');
}

function valueOf({ headers }: IncomingMessage, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).trim().replaceAll(/ +/g, ' ');
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return `${recoded(name)}=${recoded(value.join('='))}`;
  });
  return pairs.toSorted((a, b) => (a < b ? -1 : 1)).join('&');
}

/** RFC 3986: everything but letters, digits and `-._~`. */
function recoded(text: string): string {
  return encodeURIComponent(decodeURIComponent(text)).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
