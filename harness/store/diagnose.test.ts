import { expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import type { S3Settings } from './s3-client.ts';

const PLACE: S3Settings = {
  endpoint: 'https://s3.example.org',
  region: 'eu-west-1',
  bucket: 'backups',
  accessKeyId: 'AKIA1234567890ABCDEF',
  secretAccessKey: 'the-secret',
  forcePathStyle: true,
};

function answer(name: string, status: number, message = 'no'): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

function network(code: string): Error {
  return Object.assign(new Error('failed'), { code });
}

it.each([
  ['expired', answer('ExpiredToken', 400), /…CDEF has expired/, /renew it/],
  ['clock', answer('RequestTimeTooSkewed', 403), /too far apart/, /NTP/],
  [
    'region',
    answer('AuthorizationHeaderMalformed', 400, "expecting 'us-east-1'"),
    /than eu-west-1: expecting 'us-east-1'/,
    /AWS_REGION/,
  ],
  ['redirect', answer('PermanentRedirect', 301), /another region/, /AWS_REGION/],
  ['denied', answer('AccessDenied', 403), /…CDEF may not: AccessDenied/, /has the right/],
  ['no bucket', answer('NoSuchBucket', 404), /there is no bucket backups/, /make it/],
  ['overloaded', answer('SlowDown', 503), /cannot answer now/, /try again/],
  [
    'unknown CA',
    network('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    /nobody here knows the CA/,
    /NODE_EXTRA_CA_CERTS.*SSL_CERT_FILE/,
  ],
  ['self-signed', network('DEPTH_ZERO_SELF_SIGNED_CERT'), /signed by itself/, /NODE_EXTRA_CA_CERTS/],
  ['expired certificate', network('CERT_HAS_EXPIRED'), /it has expired/, /renew the certificate/],
  ['other host', network('ERR_TLS_CERT_ALTNAME_INVALID'), /for another host/, /AWS_ENDPOINT_URL_S3/],
  ['no way', network('EHOSTUNREACH'), /no way to that host/, /network/],
  ['silence', Object.assign(new Error('aborted'), { name: 'AbortError' }), /no answer in time/, /firewalls/],
  [
    'both addresses',
    Object.assign(new AggregateError([network('ECONNREFUSED')]), { message: '' }),
    /nothing listens/,
    /runs/,
  ],
  ['anything', 'thrown as a text', /thrown as a text/, /AWS_ENDPOINT_URL_S3/],
] as const)('%s', (_, error, why, fix) => {
  const found = diagnose(error, 'list the bucket backups', PLACE);
  expect(found.what).toBe('cannot list the bucket backups at https://s3.example.org');
  expect(found.why).toMatch(why);
  expect(found.fix).toMatch(fix);
  expect(JSON.stringify(found)).not.toContain('the-secret');
  for (const line of [found.what, found.why, found.fix]) expect(line).not.toContain('\n');
});

it('tells a temporary key from an unknown one', () => {
  const error = answer('InvalidAccessKeyId', 403);
  expect(diagnose(error, 'x', PLACE).fix).not.toContain('temporary');
  expect(diagnose(error, 'x', { ...PLACE, accessKeyId: 'ASIA1' }).fix).toContain('temporary');
});
