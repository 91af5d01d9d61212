import { readFileSync } from 'node:fs';

/** Where a Linux says what it is: the first that is there counts. */
const OS_RELEASE = ['/etc/os-release', '/usr/lib/os-release'] as const;

/** Name and version of the operating system in its own words; null: it does not say. */
export function operatingSystem(files: readonly string[] = OS_RELEASE): string | null {
  for (const file of files) {
    const text = textOf(file);
    if (text !== null) return prettyNameIn(text);
  }
  return null;
}

function prettyNameIn(text: string): string | null {
  const [, value = ''] = /^PRETTY_NAME=(.*)$/m.exec(text) ?? [];
  // As a shell would read it: in quotes of either kind, or in none.
  const name = value.trim().replace(/^(["'])(.*)\1$/, '$2');
  return name === '' ? null : name;
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null; // no Linux, or one without
  }
}
