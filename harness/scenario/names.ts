import { faker } from '@faker-js/faker/locale/en';
import { MASTER_REALM } from '../fleet/layout.ts';
import type { Random } from '../random.ts';

/** Names of tenants: what people would call theirs, within RustBaas' rules for slugs. */

export interface TenantName {
  /** 2 to 50 of `a-z 0-9 -`, no hyphen at either end. */
  readonly slug: string;
  /** Display name, 1 to 100 characters. */
  readonly name: string;
}

const APP_WORDS = [
  'web',
  'mobile',
  'shop',
  'portal',
  'crm',
  'blog',
  'api',
  'back-office',
  'intranet',
  'helpdesk',
  'analytics',
  'booking',
  'billing',
  'inventory',
  'events',
  'community',
];

/** Room for a number behind a slug that is taken, within the 50 characters. */
const SLUG_STEM_MAX = 40;

/** `count` different realms, named like companies. */
export function realmNames(count: number, random: Random): TenantName[] {
  faker.seed(random.int(0, 0x7fffffff));
  const taken = new Set([MASTER_REALM]);
  return Array.from({ length: count }, () => {
    const name = faker.company.name();
    return { slug: freeSlug(slugOf(name), taken), name };
  });
}

/** `count` apps of one realm; `taken` holds the slugs in use and is added to. */
export function appNames(count: number, taken: Set<string>, random: Random): TenantName[] {
  return Array.from({ length: count }, () => {
    const slug = freeSlug(random.pick(APP_WORDS), taken);
    return { slug, name: slug.replaceAll('-', ' ').replace(/^./, (first) => first.toUpperCase()) };
  });
}

function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_STEM_MAX)
    .replaceAll(/^-+|-+$/g, '');
  return slug.length >= 2 ? slug : `realm-${slug}`.replace(/-$/, '');
}

function freeSlug(stem: string, taken: Set<string>): string {
  let slug = stem;
  for (let number = 2; taken.has(slug); number++) slug = `${stem}-${number}`;
  taken.add(slug);
  return slug;
}
