/** A request in S3's terms: what it is, and its key; of a listing, the prefix that it asks for. */
export function s3Request(method: string, url: string): { readonly kind: string; readonly key: string } {
  const [path = '', query = ''] = url.split('?', 2);
  const [, ...parts] = path.split('/').filter((part) => part !== '');
  if (method === 'GET' && parts.length === 0) {
    return { kind: 'LIST', key: new URLSearchParams(query).get('prefix') ?? '' };
  }
  return { kind: method, key: decoded(parts.join('/')) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
