import { isAbsolute, relative, sep } from 'node:path';
import type { Log, LogFields, LogLevel } from './log.ts';

const MAX_LINE = 16 * 1024;
/** A message about one database is passed on once in this time; 0.3 repeats some of them every second for ever. */
const REPEAT_MS = 10_000;
const MAX_REMEMBERED = 10_000;

/**
 * Turns the child's output into records of our log, with the database named by its path in the data directory. Use one
 * for each stream: lines of two streams must not mix.
 */
export class LogForwarder {
  readonly #log: Log;
  readonly #dataDir: string;
  readonly #nowMs: () => number;
  readonly #seen = new Map<string, { atMs: number; suppressed: number }>();
  #rest = '';
  #skipping = false;

  constructor(log: Log, dataDir: string, nowMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#dataDir = dataDir;
    this.#nowMs = nowMs;
  }

  /** Takes in output as it comes, in pieces. A line beyond the limit is cut. */
  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!this.#skipping) this.#forward(line);
      this.#skipping = false;
    }
    if (this.#rest.length <= MAX_LINE) return;
    if (!this.#skipping) this.#forward(this.#rest.slice(0, MAX_LINE));
    this.#skipping = true;
    this.#rest = '';
  }

  /** The stream has ended: what is left without a newline is a line too. */
  end(): void {
    if (!this.#skipping) this.#forward(this.#rest);
    this.#rest = '';
  }

  #forward(line: string): void {
    if (line.trim() === '') return;
    const { level, msg, fields } = this.#parse(line);
    const suppressed =
      level === 'info' || level === 'debug' ? 0 : this.#repeats(`${msg}\n${String(fields['database'])}`);
    if (suppressed === null) return;
    this.#log.write(level, msg, {
      source: 'litestream',
      ...fields,
      ...(suppressed === 0 ? {} : { repeated: suppressed }),
    });
  }

  #parse(line: string): { level: LogLevel; msg: string; fields: LogFields } {
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch {
      // Not a record: a panic of Go's runtime, or the words of a wrapper.
      return { level: 'warn', msg: line.slice(0, MAX_LINE), fields: {} };
    }
    if (typeof record !== 'object' || record === null) return { level: 'info', msg: line, fields: {} };
    // Its time is ours within a moment, and its level goes first.
    const { time: _time, level, msg, db, path, ...rest } = record as Record<string, unknown>;
    const file = this.#fileIn(db, path, rest['error']);
    const database = file === null ? {} : { database: file };
    return {
      // 0.5 has a second `level`, that of an LTX file, in some lines: the first is the log's.
      level: levelOf(/"level":"(\w+)"/.exec(line)?.[1] ?? level),
      msg: typeof msg === 'string' ? msg : line,
      fields: { ...database, ...rest },
    };
  }

  /** 0.3 names the database by its path, 0.5 by its last part alone, which all tenants share: then other fields may tell. */
  #fileIn(db: unknown, path: unknown, error: unknown): string | null {
    for (const file of [db, path]) {
      if (typeof file === 'string' && isAbsolute(file)) return this.#nameOf(file);
    }
    const named = typeof error === 'string' ? this.#pathIn(error) : null;
    return named ?? (typeof db === 'string' ? db : null);
  }

  /** The database that a text names, or whose Litestream folder it names. */
  #pathIn(text: string): string | null {
    const start = text.indexOf(`${this.#dataDir}${sep}`);
    if (start < 0) return null;
    const name = /^(.*?\.db)(?=-|[/:\s]|$)/.exec(text.slice(start + this.#dataDir.length + 1))?.[1];
    return (
      name
        ?.split(sep)
        .join('/')
        .replace(/(^|\/)\.([^/]+)$/, '$1$2') ?? null
    );
  }

  #nameOf(file: string): string {
    const name = relative(this.#dataDir, file).split(sep).join('/');
    return name.startsWith('../') ? file : name;
  }

  /** How many were held back since the last one that was passed on; null: hold this one back too. */
  #repeats(key: string): number | null {
    const nowMs = this.#nowMs();
    const seen = this.#seen.get(key);
    if (seen !== undefined && nowMs - seen.atMs < REPEAT_MS) {
      seen.suppressed++;
      return null;
    }
    if (this.#seen.size >= MAX_REMEMBERED) this.#seen.clear();
    this.#seen.set(key, { atMs: nowMs, suppressed: 0 });
    return seen?.suppressed ?? 0;
  }
}

function levelOf(level: unknown): LogLevel {
  switch (String(level).toUpperCase()) {
    case 'DEBUG':
      return 'debug';
    case 'WARN':
      return 'warn';
    case 'ERROR':
      return 'error';
    default:
      return 'info';
  }
}
