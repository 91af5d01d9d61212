import type { Random } from '../random.ts';

/** A policy as `policies.policy_json` holds it. */
export type Policy =
  | { readonly kind: 'range'; readonly min: number; readonly max: number }
  | { readonly kind: 'toggle'; readonly state: 'open'; readonly default: boolean }
  | { readonly kind: 'toggle'; readonly state: 'locked'; readonly value: boolean }
  | { readonly kind: 'enum_set'; readonly allowed: readonly string[] }
  | { readonly kind: 'free' };

export type Policies = Readonly<Record<string, Policy>>;

/** What system.db allows; realms and apps may only narrow it. */
export const SYSTEM_POLICIES: Policies = {
  'password.length': { kind: 'range', min: 8, max: 128 },
  'session.ttl_minutes': { kind: 'range', min: 5, max: 10_080 },
  'upload.max_bytes': { kind: 'range', min: 1024, max: 10_485_760 },
  'registration.enabled': { kind: 'toggle', state: 'open', default: true },
  'mfa.required': { kind: 'toggle', state: 'open', default: false },
  'auth.methods': { kind: 'enum_set', allowed: ['password', 'oauth', 'otp', 'totp'] },
  'mail.footer': { kind: 'free' },
};

/** Share of the parent's policies that a child says something about. */
const OWN_SHARE = 0.6;

/** Policies of a child level: each refines its parent's, so that system → realm → app only ever narrows. */
export function refinePolicies(parent: Policies, random: Random): Policies {
  const own = Object.entries(parent).filter(() => random.float() < OWN_SHARE);
  return Object.fromEntries(own.map(([field, policy]) => [field, refine(policy, random)]));
}

/** What holds at a child level: its own policies, and its parent's where it has none. */
export function effectivePolicies(parent: Policies, own: Policies): Policies {
  return { ...parent, ...own };
}

function refine(parent: Policy, random: Random): Policy {
  switch (parent.kind) {
    case 'range': {
      const quarter = Math.floor((parent.max - parent.min) / 4);
      return {
        kind: 'range',
        min: parent.min + random.int(0, quarter),
        max: parent.max - random.int(0, quarter),
      };
    }
    case 'toggle':
      if (parent.state === 'locked' || random.int(0, 1) === 0) return parent;
      return { kind: 'toggle', state: 'locked', value: random.int(0, 1) === 1 };
    case 'enum_set': {
      const allowed = parent.allowed.filter((_item, index) => index === 0 || random.int(0, 2) > 0);
      return { kind: 'enum_set', allowed };
    }
    case 'free':
      return parent;
    default:
      return parent satisfies never;
  }
}
