import type { Evidence } from '../evidence.ts';
import type { Fate } from './fates.ts';

const MOST_NAMES = 2;

/**
 * Where the objects of databases that did not come back lie instead, in one sentence; null: the bucket explains nothing.
 * A supervisor that protects nothing looks the same from the restore's side whether it never uploaded or uploaded to a
 * place where nobody looks.
 */
export function whereabouts({ bucket, subjectFailures }: Evidence, fates: readonly Fate[]): string | null {
  const missing = fates.filter(isMissed(subjectFailures.length > 0)).map(({ database }) => database.path);
  if (bucket === undefined || missing.length === 0) return null;
  const place = bucket.looked === 'bucket' ? 'the bucket' : `${bucket.prefix}/ in the bucket`;
  if (bucket.objects === 0) return `${place} is empty`;
  const belongs = (path: string): string => (bucket.prefix === '' ? path : `${bucket.prefix}/${path}`);
  const unprotected = missing.filter((path) => !bucket.replicas.some(({ at }) => at === belongs(path)));
  const astray = unprotected.flatMap((path) => {
    const found = bucket.replicas.find(({ at }) => isMeantFor(at, path));
    return found === undefined ? [] : [{ at: found.at, belongs: belongs(path) }];
  });
  const [first] = astray;
  if (first !== undefined) {
    const more = astray.length === 1 ? '' : `, and so for ${astray.length - 1} more`;
    return `objects were found at ${first.at}, a database belongs at ${first.belongs}${more}`;
  }
  if (unprotected.length === 0) return null;
  const names = unprotected.slice(0, MOST_NAMES).join(', ');
  const more = unprotected.length > MOST_NAMES ? ` and ${unprotected.length - MOST_NAMES} more` : '';
  return `no object was ever sent for ${names}${more}`;
}

/** One that is excused is nothing to wonder about, unless the subject failed anyway. */
function isMissed(hasFailed: boolean): (fate: Fate) => boolean {
  return ({ end, database }) =>
    end === 'missing' || (hasFailed && end === 'excused' && database.restore?.outcome !== 'restored');
}

/** The path without its `.db`, or the path itself, at another place than it belongs to. */
function isMeantFor(at: string, path: string): boolean {
  const bare = path.replace(/\.db$/, '');
  return [path, bare].some((end) => at === end || at.endsWith(`/${end}`));
}
