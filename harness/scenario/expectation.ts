import { suggestion } from '../did-you-mean.ts';
import { parseMustCount } from './must-count.ts';
import type { Path } from './positions.ts';
import type { Scenario } from './schema.ts';

/** What a drill is expected to come to: of a negative control, what must go red, and what must not all the same. */
export type Expectation = Readonly<
  Pick<Scenario, 'expect' | 'mustFail' | 'mustCount' | 'mustBreak' | 'mustHold'>
>;

/** As far as something of its own is said. */
type Own = { readonly [Field in keyof Expectation]?: Expectation[Field] | undefined };

const LISTS = [
  'mustFail',
  'mustCount',
  'mustBreak',
  'mustHold',
] as const satisfies readonly (keyof Expectation)[];
const OBJECTIVE_LISTS = ['mustBreak', 'mustHold'] as const satisfies readonly (keyof Expectation)[];

/** The scenario's own expectation, unless a version of its matrix has another. */
export function expectationOf(scenario: Scenario, cell: Own = {}): Expectation {
  const own: Own = cell.expect === undefined ? scenario : {};
  return {
    expect: cell.expect ?? scenario.expect,
    mustFail: cell.mustFail ?? own.mustFail ?? [],
    mustCount: cell.mustCount ?? own.mustCount ?? [],
    mustBreak: cell.mustBreak ?? own.mustBreak ?? [],
    mustHold: cell.mustHold ?? own.mustHold ?? [],
  };
}

interface Problem {
  readonly at: Path;
  readonly fields: readonly Path[];
  readonly message: string;
}

/** Every expectation, of the scenario and of each version, stands for itself: one that contradicts itself is a slip. */
export function ofExpectations(scenario: Scenario): Problem[] {
  const cells = (scenario.matrix?.litestream ?? []).map((cell) =>
    typeof cell === 'string' ? { version: cell } : cell,
  );
  return [
    ...ofOwn(scenario),
    ...cells.flatMap((cell, index) => ofCell(scenario, cell, ['matrix', 'litestream', index])),
  ];
}

function ofOwn(scenario: Scenario): Problem[] {
  const { expect, mustFail, mustBreak } = scenario;
  const nothing = expect === 'fail' && mustFail.length + mustBreak.length === 0;
  const none = problem(
    'a negative control names what must go red, in mustFail or mustBreak',
    ['expect'],
    LISTS.map((list) => [list]),
  );
  return [
    ...(nothing ? [none] : []),
    ...LISTS.filter((list) => expect === 'pass' && scenario[list].length > 0).map((list) =>
      problem(`${WORDS[list]} need "expect: fail"`, [list], [['expect']]),
    ),
    ...ofNamed(scenario, scenario, []),
    ...ofCounts(scenario, scenario, []),
  ];
}

/** What it takes over from the scenario is the scenario's to answer for. */
function ofCell(scenario: Scenario, cell: Own & { readonly version: string }, at: Path): Problem[] {
  const whole = expectationOf(scenario, cell);
  const nothing = whole.expect === 'fail' && whole.mustFail.length + whole.mustBreak.length === 0;
  const own = cell.expect !== undefined || LISTS.some((list) => cell[list] !== undefined);
  const wrong = own && whole.expect === 'pass' ? LISTS.filter((list) => whole[list].length > 0) : [];
  const none = `${cell.version} is expected to fail: name the checks that must, in mustFail, or the objectives, in mustBreak`;
  return [
    ...(own && nothing ? [problem(none, at)] : []),
    ...wrong.map((list) => problem(`${WORDS[list]} with ${cell.version} need "expect: fail"`, at)),
    ...ofNamed(scenario, cell, at),
    ...ofCounts(whole, cell, at),
  ];
}

const WORDS = {
  mustFail: 'checks that must fail',
  mustCount: 'faults that a check must find',
  mustBreak: 'objectives that must break',
  mustHold: 'objectives that must hold',
} as const;

/** Objectives are named by their words; what is none would be an expectation that nothing can meet. */
function ofNamed({ objectives }: Scenario, named: Own, at: Path): Problem[] {
  return OBJECTIVE_LISTS.flatMap((list) =>
    (named[list] ?? []).flatMap((expression, index, all) => {
      const own = [...at, list, index];
      const of = (message: string): Problem[] => [problem(message, own, [['objectives']])];
      if (!objectives.includes(expression)) {
        return of(`"${expression}" is none of the objectives${suggestion(expression, objectives)}`);
      }
      if (all.indexOf(expression) < index) return of(`"${expression}" is there twice`);
      const both = list === 'mustHold' && (named.mustBreak ?? []).includes(expression);
      return both ? of(`"${expression}" must break and must hold: it cannot do both`) : [];
    }),
  );
}

/** A count is one of a check that must fail; of any other nothing is expected. */
function ofCounts({ mustFail }: Expectation, own: Own, at: Path): Problem[] {
  return (own.mustCount ?? []).flatMap((text, index) => {
    const of = (message: string): Problem[] => [
      problem(message, [...at, 'mustCount', index], [['mustFail']]),
    ];
    const counted = parseMustCount(text);
    if (counted === null) return of(`"${text}" is no count of a check: write it like "identity == 1"`);
    const named: readonly string[] = mustFail;
    return named.includes(counted.check)
      ? []
      : of(`${counted.check} is not in mustFail${suggestion(counted.check, named)}`);
  });
}

function problem(message: string, at: Path, others: readonly Path[] = []): Problem {
  return { at, fields: [at, ...others], message };
}
