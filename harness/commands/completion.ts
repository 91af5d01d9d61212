import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { SCENARIOS_DIR } from '../project.ts';
import { readDirectory } from '../scenario/registry.ts';
import { TIERS } from '../scenario/tiers.ts';
import { BASELINES, LITESTREAM_SOURCES, NOTIFY_FORMATS, REPORT_FORMATS, STORES } from './options.ts';

/** What may follow an option, where it is one of a few words. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  tier: TIERS,
  store: STORES,
  against: BASELINES,
  'notify-format': NOTIFY_FORMATS,
  format: REPORT_FORMATS,
  source: LITESTREAM_SOURCES,
};

const NAMES_A_SCENARIO: ReadonlySet<string> = new Set(['scenario', 'except']);

/**
 * Gives the program `drill completion SHELL`, which prints the script, and `complete`, which the script asks at every
 * press of the key. `run` may be left out, so its options are the program's own as well.
 */
export async function addCompletion(
  program: Command,
  stdout: { write(text: string): unknown },
): Promise<void> {
  const run = program.commands.find((command) => command.name() === 'run');
  const scenarios = await scenarioIds();
  const root = tab(program, { completionCommandName: 'completion' });
  program.commands
    .find((command) => command.name() === 'completion')
    ?.hook('postAction', (_, { args: [shell] }) => {
      if (shell === 'bash') stdout.write(BASH_AFTER_EQUALS);
    });
  for (const option of run?.options ?? []) {
    const name = option.long?.slice(2);
    if (name !== undefined) root.option(name, option.description, valuesOf(name, scenarios));
  }
  for (const command of root.commands.values()) {
    for (const [name, option] of command.options) {
      if (name in WORDS || NAMES_A_SCENARIO.has(name)) option.handler = valuesOf(name, scenarios);
    }
  }
}

/** Bash replaces only what stands after the = of --tier=ga, and the script holds its words against the whole. */
const BASH_AFTER_EQUALS = `
__drill_complete_after_equals() {
    compgen() {
        local last="\${@: -1}"
        if [[ $1 == -W && $last == --*=* ]]; then last="\${last#*=}"; fi
        builtin compgen "\${@:1:$#-1}" "$last"
    }
    __drill_complete
    unset -f compgen
}
complete -F __drill_complete_after_equals drill
`;

function valuesOf(name: string, scenarios: readonly string[]) {
  const words = NAMES_A_SCENARIO.has(name) ? scenarios : (WORDS[name] ?? []);
  return (complete: (word: string, description: string) => void): void => {
    for (const word of words) complete(word, '');
  };
}

async function scenarioIds(): Promise<string[]> {
  try {
    return (await readDirectory(SCENARIOS_DIR)).flatMap(({ id }) => id ?? []);
  } catch {
    return []; // a key press is no time for complaints
  }
}
