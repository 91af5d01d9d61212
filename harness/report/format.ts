/** Milliseconds for people: 12 ms, 4.2 s, 2 min, 2 min 5 s. Unmeasured: a dash. */
export function duration(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 119_950) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)} min${whole % 60 === 0 ? '' : ` ${whole % 60} s`}`;
}

/** 1234567 as 1,234,567. */
export function count(value: number, mostDecimals = 1): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: mostDecimals });
}

/** `1 database`, `1,234 databases`. */
export function counted(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? '' : 's'}`;
}

/** Bytes with a decimal unit. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

/** Cuts the middle out of a text that is too wide: of a path, both ends matter. */
export function shortened(text: string, width: number): string {
  const characters = charactersOf(text);
  if (characters.length <= width) return text;
  if (width <= 1) return '…';
  const head = Math.floor((width - 1) / 2);
  const tail = width - 1 - head;
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - tail).join('')}`;
}

/** Breaks a text at spaces; a word that is wider than a line is broken anywhere. */
export function wrapped(text: string, width: number): string[] {
  const room = Math.max(10, width);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (charactersOf(longer).length <= room) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = chunks(word, room);
    line = pieces.pop() ?? '';
    lines.push(...pieces);
  }
  return [...lines, line];
}

function chunks(word: string, width: number): string[] {
  const characters = charactersOf(word);
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += width) {
    pieces.push(characters.slice(start, start + width).join(''));
  }
  return pieces;
}

/** Characters as a terminal shows them, near enough: code points, never half of one. */
export function charactersOf(text: string): string[] {
  return Array.from(text);
}
