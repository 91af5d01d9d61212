import type { S3Object } from './s3-client.ts';

export interface ListingChange {
  readonly method: 'PUT' | 'DELETE';
  readonly key: string;
}

/** What must have happened between two listings of the same prefix. Something written and deleted in between is not seen. */
export function changesBetween(before: readonly S3Object[], after: readonly S3Object[]): ListingChange[] {
  const known = new Map(before.map((object) => [object.key, marks(object)]));
  const present = new Set(after.map(({ key }) => key));
  return [
    ...after
      .filter((object) => known.get(object.key) !== marks(object))
      .map(({ key }) => ({ method: 'PUT' as const, key })),
    ...before.filter(({ key }) => !present.has(key)).map(({ key }) => ({ method: 'DELETE' as const, key })),
  ];
}

function marks({ sizeBytes, modifiedAt, etag }: S3Object): string {
  return `${sizeBytes} ${modifiedAt.getTime()} ${etag ?? ''}`;
}
