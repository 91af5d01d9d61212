/** The keys that a Litestream process needs; everything else about the bucket is in its config file. */
export interface LitestreamKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * The whole environment of a Litestream process: an allow-list, because Litestream and its SDK react to many variables
 * (AWS_CA_BUNDLE, AWS_PROFILE, LITESTREAM_*). Without the last entry it asks a metadata service for keys.
 */
export function litestreamEnvironment(
  keys: LitestreamKeys,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return {
    PATH: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: env['HOME'] ?? '/',
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...trustedCas(env),
  };
}

/**
 * Where a Go program finds the certificates that it trusts. They belong to the machine, like its own store of them, and
 * not to AWS: a service with a CA of its own can be reached only with them.
 */
function trustedCas(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const named = ['SSL_CERT_FILE', 'SSL_CERT_DIR'].map((name) => [name, env[name]] as const);
  return Object.fromEntries(named.filter((entry): entry is [string, string] => Boolean(entry[1])));
}
