import { counted } from '../finding.ts';
import { placeOf } from '../places.ts';
import type { Expected, Fault } from './fault.ts';
import { historyOf, type Target } from './target.ts';

/** One planted fault as a line of docs/planted-faults.md: what must be found of it, where, and what it cost. */
export function faultRow({ name, varies }: Fault, expected: Expected, target: Target): string {
  const [first, ...others] = new Set(expected.findings.map(([check]) => check));
  const checks = [first, ...(varies === undefined ? others : [])];
  const found = expected.findings.map(
    ([check, path, count]) => `${check} ${count === '>0' ? '≥ 1' : count} (${roleOf(path, target)})`,
  );
  const lost = Object.entries(expected.lost ?? {}).map(([path, writes]) => lostOf(path, writes, target));
  const cells = [
    name,
    expected.excused === true ? 'the objectives alone: it is within the RPO' : checks.join(', '),
    varies ?? [...found, ...lost].join('; '),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function lostOf(path: string, writes: readonly number[] | 'everything', target: Target): string {
  const role = roleOf(path, target);
  if (writes === 'everything') return `every write lost (${role})`;
  // Write 0 is what the database began with.
  const { base } = historyOf(target, path);
  return writes[0] === (base.seq ?? 0)
    ? `a loss as old as the database (${role})`
    : `${counted(writes.length, 'write')} lost (${role})`;
}

/** The same words whatever the seed calls its tenants. */
function roleOf(path: string | null, { hot, idle, realm, system, scene }: Target): string {
  switch (path) {
    case null:
      return 'the fleet';
    case hot:
      return 'the busiest app';
    case idle:
      return 'an idle app';
    case realm:
      return "the busiest app's realm";
    case system:
      return 'system.db';
    default: {
      if (!scene.ledger.databases.has(path)) return 'a file of no database';
      return placeOf(path)?.kind === 'realm' ? 'another realm' : 'another app';
    }
  }
}
