import type { z } from 'zod';
import { didYouMean, suggestion } from '../did-you-mean.ts';
import type { Path } from './positions.ts';
import { scenarioSchema } from './schema.ts';

/** One thing wrong in a scenario file, before it has a position. */
export interface Problem {
  readonly path: Path;
  /** Set when the problem is this key of the mapping at `path`. */
  readonly key: string | null;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

/** The schema's complaints in words, one a mistake. `raw` is the scenario as it was written. */
export function problemsFrom(issues: readonly Issue[], raw: unknown): Problem[] {
  const problems = issues.flatMap((issue) => fromIssue(issue, raw));
  return problems.filter((problem) => !isOtherSideOfTypo(problem, issues));
}

function fromIssue(issue: Issue, raw: unknown): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path);
    return issue.keys.map((key) => ({ path, key, message: `unknown key ${key}${suggestion(key, known)}` }));
  }
  const value = valueAt(raw, path);
  const name = path.length === 0 ? 'the scenario' : path.join('.');
  if (value === undefined) return [{ path, key: null, message: `${name} is missing` }];
  return [{ path, key: null, message: `${name}: ${inWords(issue, value)}` }];
}

function inWords(issue: Issue, value: unknown): string {
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String);
    return `${shown(value)} is not one of ${allowed.join(', ')}${suggestion(String(value), allowed)}`;
  }
  if (issue.code === 'invalid_type') return `expected ${withArticle(issue.expected)}, found ${shown(value)}`;
  if (issue.code === 'invalid_format') return `${shown(value)} is not valid: ${issue.message}`;
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    return `${shown(value)} is ${limit(issue)}`;
  }
  const checkId = asCheckId(issue);
  if (checkId !== null) return inWords(checkId, value);
  if (issue.code === 'invalid_union') {
    if (issue.errors.length > 0) return `${shown(value)} is not valid: ${alternatives(issue)}`;
    // By one word of it a thing is this or that: it is no such word.
    const allowed = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
    return `${shown(value)} is not one of ${allowed.join(', ')}${suggestion(String(value), allowed)}`;
  }
  return issue.message;
}

function limit(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const unit = { string: ' characters', array: ' entries' }[issue.origin as string] ?? '';
  if (issue.code === 'too_small') return `too small: at least ${String(issue.minimum)}${unit}`;
  return `too large: at most ${String(issue.maximum)}${unit}`;
}

/** `a`, `a or b`, `a, b or c`. */
function listInWords(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].filter((part) => part !== '').join(' or ');
}

/** A check is named by one of the known words, or by `own:` and a name: who misspells one meant one of the words. */
function asCheckId(issue: Issue): Issue | null {
  if (issue.code !== 'invalid_union') return null;
  const [[words], [own]] = [issue.errors[0] ?? [], issue.errors[1] ?? []];
  const isOwn = own?.code === 'invalid_format' && own.format === 'template_literal';
  return isOwn && words?.code === 'invalid_value' ? words : null;
}

/** What each branch of a choice would have accepted. */
function alternatives(issue: z.core.$ZodIssueInvalidUnion): string {
  const branches = issue.errors.map(([first]) => {
    if (first === undefined) return 'another value';
    if (first.code === 'invalid_value') return listInWords(first.values.map(String));
    if (first.code === 'invalid_type') {
      return first.expected === 'string' ? 'a duration like 500ms, 25s or 2m' : withArticle(first.expected);
    }
    return first.message;
  });
  return `use ${branches.join(', or ')}`;
}

/** `realm: 3` is both an unknown key and a missing `realms`; it is one mistake. */
function isOtherSideOfTypo(problem: Problem, issues: readonly Issue[]): boolean {
  if (!problem.message.endsWith(' is missing')) return false;
  const missing = String(problem.path.at(-1));
  const parent = problem.path.slice(0, -1).join('.');
  return issues.some(
    (issue) =>
      issue.code === 'unrecognized_keys' &&
      issue.path.join('.') === parent &&
      issue.keys.some((key) => didYouMean(key, keysAt(problem.path.slice(0, -1))) === missing),
  );
}

/** Keys that the schema knows in the mapping at `path`. */
function keysAt(path: Path): string[] {
  let schema: unknown = scenarioSchema;
  for (const part of path) schema = shapeOf(schema)[part];
  return Object.keys(shapeOf(schema)).filter((key) => key !== '$schema');
}

/** The fields of an object schema, also below default() and optional(). */
function shapeOf(schema: unknown): Record<string, unknown> {
  let inner = schema as { shape?: Record<string, unknown>; unwrap?: () => unknown } | undefined;
  for (let depth = 0; depth < 5 && inner !== undefined && inner.shape === undefined; depth += 1) {
    inner = inner.unwrap?.() as typeof inner;
  }
  return inner?.shape ?? {};
}

function valueAt(raw: unknown, path: Path): unknown {
  let value = raw;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

function withArticle(type: string): string {
  const words: Record<string, string> = {
    object: 'a mapping',
    array: 'a list',
    int: 'a whole number',
    boolean: 'true or false',
    string: 'a text',
  };
  return words[type] ?? `a ${type}`;
}

/** A value as it may stand in a message: short, on one line. */
function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
