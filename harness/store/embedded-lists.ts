/**
 * Two things in which the embedded service lists otherwise than S3, put right: it sorts by the rules of a language (but
 * compares the place to go on at by bytes, so that pages repeat and skip keys), and goes on after the last object of a
 * page even where a common prefix came later. `checkConformance` found both, and looks for them at every start.
 */

/** S3 sorts by bytes. Nothing else lives in the service's process. */
export function sortByBytes(): void {
  // oxlint-disable-next-line no-extend-native -- the only way to the comparison inside the service
  String.prototype.localeCompare = function localeCompare(other: string): number {
    const text = String(this);
    return text < other ? -1 : text > other ? 1 : 0;
  };
}

/** The answer to a list, with the place to go on at behind everything that is on this page. */
export function withNextPage(xml: string): string {
  if (!xml.includes('<IsTruncated>true</IsTruncated>')) return xml;
  const names = [
    ...xml.matchAll(/<Contents><Key>([^<]*)<\/Key>/g),
    ...xml.matchAll(/<CommonPrefixes><Prefix>([^<]*)<\/Prefix>/g),
  ].map(([, name = '']) => name);
  const last = names.toSorted((a, b) => (unescaped(a) < unescaped(b) ? -1 : 1)).at(-1);
  if (last === undefined) return xml;
  const token = Buffer.from(unescaped(last)).toString('base64');
  return xml
    .replace(/<NextMarker>[^<]*</, () => `<NextMarker>${last}<`)
    .replace(/<NextContinuationToken>[^<]*</, () => `<NextContinuationToken>${token}<`);
}

function unescaped(text: string): string {
  const characters: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (whole, name: string) => characters[name] ?? whole);
}
