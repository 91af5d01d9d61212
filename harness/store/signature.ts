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
  const date = String(request.headers['x-amz-date'] ?? '');
  const sentMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (signed === null || Number.isNaN(sentMs)) return 'SignatureDoesNotMatch';
  if (Math.abs(nowMs - sentMs) > MOST_SKEW_MS) return 'RequestTimeTooSkewed';
  const text = [
    'AWS4-HMAC-SHA256',
    date,
    signed.scope.join('/'),
    createHash('sha256').update(canonical(request, signed.headers)).digest('hex'),
  ].join('\n');
  const key = signed.scope.reduce<Buffer | string>((key, part) => hmac(key, part), `AWS4${secret}`);
  const wanted = Buffer.from(hmac(key, text).toString('hex'));
  const given = Buffer.from(signed.signature);
  return wanted.length === given.length && timingSafeEqual(wanted, given) ? null : 'SignatureDoesNotMatch';
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
function canonical(request: IncomingMessage, signedHeaders: readonly string[]): string {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  const headers = signedHeaders.map((name) => `${name}:${valueOf(request, name)}\n`).join('');
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
