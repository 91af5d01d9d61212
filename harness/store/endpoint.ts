/** Why a text cannot be the address of an S3 service, or null. A path in it would end up in front of the bucket. */
export function endpointProblem(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || !/^https?:\/\//i.test(text))
    return 'it is not http(s)://HOST[:PORT]';
  if (url.username !== '' || url.password !== '')
    return 'it holds a credential, which belongs into the environment';
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return `it goes on after the host: ${url.pathname}${url.search}${url.hash}; a service at a path of a host cannot be used`;
  return null;
}

/** The same for a message: without what may be a secret in it. */
export function shownEndpoint(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//…@');
}

/** `true` or `false`: the bucket in the path, or in the host name. Without it: in the path wherever an endpoint is given. */
export const PATH_STYLE_VARIABLE = 'AWS_S3_FORCE_PATH_STYLE';

/** The path style that the environment asks for; null: what it says is neither true nor false. */
export function pathStyleOf(text: string | undefined, endpoint: string | null): boolean | null {
  if (text === undefined || text === '') return endpoint !== null;
  return text === 'true' || text === 'false' ? text === 'true' : null;
}
