import { styleText } from 'node:util';

/** Where text goes, decided once: reporters never look at the process. */
export interface Screen {
  write(text: string): void;
  readonly columns: number;
  readonly colour: boolean;
  /** Whether a line may be painted over. */
  readonly motion: boolean;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Colours a text, or leaves it as it is: `colour` has been decided with NO_COLOR and the like in mind. */
export function paint(text: string, style: Style | readonly Style[], colour: boolean): string {
  return colour
    ? styleText(typeof style === 'string' ? style : [...style], text, { validateStream: false })
    : text;
}

/** Text from outside as it may stand on a terminal: control and formatting characters become visible escapes. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}
