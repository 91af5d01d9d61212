import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { suggestion } from '../did-you-mean.ts';
import { DrillError, messageOf } from '../errors.ts';

export const RC_FILE = '.drillrc.yaml';

/** Options that a project may set for all its runs, by command. Those of production commands are always said. */
const SETTABLE: Readonly<Record<string, readonly string[]>> = {
  run: ['store', 'litestream', 'supervisor', 'tolerance', 'output-dir'],
  doctor: ['litestream', 'output-dir'],
  list: ['output-dir'],
  judge: ['output-dir'],
  report: ['output-dir'],
  compare: ['tolerance', 'output-dir'],
  merge: ['tolerance', 'output-dir'],
};

/**
 * Makes what `.drillrc.yaml` of this folder says the default of the options of that name: the environment and the
 * command line go before it. Without the file nothing is read.
 */
export async function applyRc(program: Command, folder: string): Promise<void> {
  const file = path.join(folder, RC_FILE);
  const text = textOf(file);
  if (text === null) return;
  const settings = await settingsIn(text);
  const commands = program.commands.filter((command) => command.name() in SETTABLE);
  for (const command of commands) {
    for (const { name, value, line } of settings) {
      if (SETTABLE[command.name()]?.includes(name) !== true) continue;
      const option = command.options.find(({ long }) => long === `--${name}`);
      if (option === undefined) continue;
      try {
        const parsed: unknown = option.parseArg?.(value, undefined) ?? value;
        command.setOptionValueWithSource(option.attributeName(), parsed, 'default');
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        throw invalid(`${line}: ${name}: ${messageOf(error)}`);
      }
    }
  }
}

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

async function settingsIn(text: string): Promise<Setting[]> {
  const { isMap, isScalar, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) throw invalid(`${lines.linePos(problem.pos[0]).line}: ${problem.message}`);
  if (document.contents === null) return [];
  if (!isMap(document.contents)) throw invalid('1: expected options by name, like "store: embedded"');
  const known = [...new Set(Object.values(SETTABLE).flat())];
  return document.contents.items.map(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : '';
    const line = isScalar(key) ? lines.linePos(key.range?.[0] ?? 0).line : 1;
    if (!known.includes(name)) {
      throw invalid(`${line}: there is no option ${name} to be set here${suggestion(name, known)}`);
    }
    const said: unknown = isScalar(value) ? value.value : null;
    if (typeof said !== 'string' && typeof said !== 'number') {
      throw invalid(`${line}: ${name}: expected a text`);
    }
    return { name, value: String(said), line };
  });
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw invalid(`1: ${messageOf(error)}`);
  }
}

function invalid(problem: string): DrillError {
  return new DrillError('DRILL_E_CONFIG_INVALID', {
    what: `${RC_FILE}:${problem}`,
    why: 'a setting that is not understood could change what a run proves',
    fix: `correct ${RC_FILE}, or remove it`,
    exit: 2,
  });
}
