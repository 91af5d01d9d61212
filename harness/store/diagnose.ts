import type { S3Settings } from './s3-client.ts';

/** What went wrong between us and a store, in one line each: what happened, why, and what to do about it. */
export interface Diagnosis {
  /** unreachable: nobody who can be taken for the store has answered. */
  readonly kind: 'refused' | 'unreachable';
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** Where the user says what a store is. It differs from command to command. */
export interface SettingNames {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly keys: string;
}

/** The names of `drill supervise` and of everybody who takes the AWS environment. */
export const AWS_NAMES: SettingNames = {
  endpoint: 'AWS_ENDPOINT_URL_S3',
  region: 'AWS_REGION',
  bucket: '[litestream] bucket',
  keys: 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
};

type Place = Omit<S3Settings, 'secretAccessKey'>;

/** Turns whatever the SDK or the network threw into words. `doing`: "list the bucket x". */
export function diagnose(
  error: unknown,
  doing: string,
  place: Place,
  names: SettingNames = AWS_NAMES,
): Diagnosis {
  const facts = factsOf(error);
  const [kind, why, fix] =
    ofNetwork(facts, place, names) ?? ofAnswer(facts, place, names) ?? ofStatus(facts, place, names);
  return { kind, what: `cannot ${doing} at ${where(place)}`, why, fix };
}

/** Where requests go, in words: the endpoint, or AWS itself. */
export function where({ endpoint, region }: Pick<Place, 'endpoint' | 'region'>): string {
  return endpoint ?? `AWS S3 in ${region}`;
}

/** Enough of an access key to recognise it. */
export function shortKey(accessKeyId: string): string {
  return `…${accessKeyId.slice(-4)}`;
}

interface Facts {
  /** The service's own error code, or the name of the error class. */
  readonly name: string;
  /** Of the operating system, OpenSSL or the HTTP parser. */
  readonly code: string;
  readonly message: string;
  /** null: no answer. */
  readonly status: number | null;
}

type Found = readonly [kind: Diagnosis['kind'], why: string, fix: string];

function factsOf(error: unknown): Facts {
  const { name, code, message, $metadata, errors } = error as {
    name?: string;
    code?: string | number;
    message?: string;
    $metadata?: { httpStatusCode?: number };
    errors?: readonly { code?: string | number; message?: string }[];
  };
  // One error an address tried: the first says as much as all of them.
  const first = errors?.[0];
  return {
    name: name ?? 'Error',
    code: String(code ?? first?.code ?? ''),
    message: oneLine(message || first?.message || String(error)),
    status: $metadata?.httpStatusCode ?? null,
  };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}

/** Nobody answered, or nobody that we can talk to. */
function ofNetwork({ name, code, message, status }: Facts, place: Place, names: SettingNames): Found | null {
  if (status !== null) return null;
  const check = `check ${names.endpoint}`;
  const certificate = certificateTrouble(code);
  if (certificate !== null) {
    const fix = certificate.unknown
      ? 'give the CA that signed it in NODE_EXTRA_CA_CERTS=FILE.pem (for us) and SSL_CERT_FILE=FILE.pem (for Litestream), or install it in the system'
      : `${check}, and renew the certificate or name the host as it does`;
    return ['unreachable', `its certificate is not accepted: ${certificate.why} (${code})`, fix];
  }
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code))
    return ['unreachable', `the host name does not resolve (${code})`, `${check} and the name service`];
  if (code === 'ECONNREFUSED')
    return [
      'unreachable',
      'nothing listens on that port (ECONNREFUSED)',
      `${check}, and that the service runs`,
    ];
  if (/^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/.test(code))
    return ['unreachable', `there is no way to that host (${code})`, `${check} and the network`];
  if (/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/.test(code) || /^(TimeoutError|AbortError)$/.test(name))
    return ['unreachable', 'no answer in time', `${check}, the network and its firewalls`];
  if (/WRONG_VERSION_NUMBER|EPROTO|PACKET_LENGTH_TOO_LONG/.test(code))
    return ['unreachable', `what answers does not speak TLS (${code})`, `${check}: is it http:// there?`];
  if (code.startsWith('HPE_') || code === 'ECONNRESET' || code === 'EPIPE')
    return [
      'unreachable',
      `the connection was broken off without an answer of HTTP (${code})`,
      `${check}: is it ${place.endpoint?.startsWith('https:') === true ? 'http' : 'https'}:// there, and an S3 service?`,
    ];
  return [
    'unreachable',
    code === '' ? message : `${message} (${code})`,
    `${check}, and that the service runs`,
  ];
}

function certificateTrouble(code: string): { readonly unknown: boolean; readonly why: string } | null {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return { unknown: true, why: 'it is signed by itself' };
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return { unknown: true, why: 'nobody here knows the CA that signed it' };
    case 'CERT_HAS_EXPIRED':
      return { unknown: false, why: 'it has expired' };
    case 'CERT_NOT_YET_VALID':
      return { unknown: false, why: 'it is not valid yet, or the clock here is wrong' };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return { unknown: false, why: 'it is for another host' };
    default:
      return null;
  }
}

/** The store answered, and says why not. */
function ofAnswer({ name, message }: Facts, place: Place, names: SettingNames): Found | null {
  const key = shortKey(place.accessKeyId);
  const keys = `check ${names.keys}`;
  switch (name) {
    case 'NoSuchBucket':
      return ['refused', `there is no bucket ${place.bucket}`, `make it, or correct ${names.bucket}`];
    case 'InvalidAccessKeyId':
      return [
        'refused',
        `it does not know the access key ${key}`,
        place.accessKeyId.startsWith('ASIA')
          ? `${keys}: it is a temporary key, which replication cannot use; give a lasting one`
          : keys,
      ];
    case 'SignatureDoesNotMatch':
      return ['refused', `the secret does not belong to the access key ${key}`, keys];
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
      return ['refused', `the credential ${key} has expired`, `renew it: ${names.keys}`];
    case 'InvalidToken':
      return [
        'refused',
        `the credential ${key} is temporary, or not a credential`,
        `give a lasting one: ${names.keys}`,
      ];
    case 'RequestTimeTooSkewed':
    case 'RequestExpired':
      return [
        'refused',
        'the clock of this machine and that of the store are too far apart',
        'set the clock of this machine (NTP), or that of the store',
      ];
    case 'AuthorizationHeaderMalformed':
    case 'PermanentRedirect':
    case 'IllegalLocationConstraintException':
    case 'InvalidRegion':
      return [
        'refused',
        `the bucket is in another region than ${place.region}: ${message}`,
        `correct ${names.region}`,
      ];
    case 'InvalidBucketName':
      return ['refused', `${place.bucket} is no name of a bucket`, `correct ${names.bucket}`];
    default:
      return null;
  }
}

/** All that is left to go by is the number. */
function ofStatus({ name, message, status }: Facts, place: Place, names: SettingNames): Found {
  const said = `${name}: ${message} (HTTP ${status})`;
  if (status === 301 || status === 307 || status === 400)
    return [
      'refused',
      `it wants the request somewhere else, or otherwise: ${said}`,
      `check ${names.region}, ${names.endpoint} and the bucket's name`,
    ];
  if (status === 401 || status === 403)
    return [
      'refused',
      `the credential ${shortKey(place.accessKeyId)} may not: ${said}`,
      `check that ${place.bucket} is there (${names.bucket}), and that the credential has the right (${names.keys})`,
    ];
  if (status !== null && status >= 200 && status < 300)
    return [
      'refused',
      `what answers is no S3 service: ${message.split(' Deserialization error')[0]} (HTTP ${status})`,
      `check ${names.endpoint}`,
    ];
  if (status === 404)
    return [
      'refused',
      `not found: ${said}`,
      `check ${names.endpoint} and ${names.bucket}: it may be no S3 service, or lack the bucket`,
    ];
  if (status !== null && status < 500) return ['refused', said, `check ${names.bucket} and ${names.keys}`];
  return ['unreachable', `it cannot answer now: ${said}`, 'look at the service itself, and try again'];
}
