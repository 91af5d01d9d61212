import type { Finding } from '../evidence/checks.ts';
import type { Policy } from '../fleet/policies.ts';
import { few, finding } from './finding.ts';
import { ageMs, type FleetView, isAsInLedger } from './fleet-view.ts';
import { registrationsOf } from './places.ts';
import type { VerifiedDatabase } from './verify-database.ts';
import { writeAt } from '../ledger/history-state.ts';

type PolicyMap = ReadonlyMap<string, Policy | null>;

/** `invariants`, across files: each realm's policies refine the system's, each app's those of its realm. */
export function policyFindings(view: FleetView): Finding[] {
  return [...view.databases.values()].flatMap((database) => {
    const ancestors = registrationsOf(database.path).map(({ parent }) => view.databases.get(parent));
    const own = policiesOf(database);
    if (own === null || ancestors.length === 0) return [];
    const parents = ancestors.toReversed().flatMap((ancestor) => (ancestor === undefined ? [] : [ancestor]));
    const effective = new Map(parents.flatMap((parent) => [...(policiesOf(parent) ?? [])]));
    const broken = [...own]
      .filter(([field, policy]) => !refines(policy, effective.get(field)))
      .map(([field]) => field);
    return broken.length === 0 ? [] : brokenPolicies(view, [database, ...parents], broken);
  });
}

function brokenPolicies(
  view: FleetView,
  involved: readonly VerifiedDatabase[],
  broken: readonly string[],
): Finding[] {
  const ages = involved.flatMap((database) => lostPolicyAgesMs(view, database));
  // Each file is as it was on the dead host, and no loss of a policy set them apart: the host had it so.
  if (ages.length === 0 && involved.every(isAsInLedger)) return [];
  return [
    finding('invariants', involved[0]?.path ?? null, {
      expected: "policies that refine the parent's",
      actual: `${broken.length} that do not`,
      detail: few(broken),
      count: broken.length,
      explainedByLossAgeMs: involved.every(isAsInLedger) ? Math.max(...ages) : null,
    }),
  ];
}

function lostPolicyAgesMs(view: FleetView, { path, lostWrites }: VerifiedDatabase): number[] {
  const history = view.ledger.databases.get(path);
  if (history === undefined) return [];
  return lostWrites.flatMap((seq) => {
    const write = writeAt(history, seq);
    return write?.effects.some(([table]) => table === 'policies') === true ? [ageMs(view, write.atUs)] : [];
  });
}

function policiesOf({ observation }: VerifiedDatabase): PolicyMap | null {
  const rows = observation?.facts.policies ?? null;
  return rows === null ? null : new Map(rows.map(([field, json]) => [field, parsePolicy(json)]));
}

function parsePolicy(json: string): Policy | null {
  try {
    return JSON.parse(json) as Policy;
  } catch {
    return null;
  }
}

/** Whether a child's policy only narrows its parent's. A field of which the parent says nothing is free. */
function refines(child: Policy | null, parent: Policy | null | undefined): boolean {
  if (child === null) return false;
  if (parent === undefined || parent === null || parent.kind === 'free') return true;
  switch (parent.kind) {
    case 'range':
      return child.kind === 'range' && child.min >= parent.min && child.max <= parent.max;
    case 'toggle':
      if (child.kind !== 'toggle') return false;
      return parent.state === 'open' || (child.state === 'locked' && child.value === parent.value);
    case 'enum_set':
      return child.kind === 'enum_set' && child.allowed.every((item) => parent.allowed.includes(item));
    default:
      return parent satisfies never;
  }
}
