export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured records: one JSON object a line. */
export interface Log {
  write(level: LogLevel, msg: string, fields?: LogFields): void;
}

/** Records to a stream, `source` first said in each: `supervisor`, or `litestream` for what the child says. */
export function openLog(stream: NodeJS.WritableStream): Log {
  // Whoever read our log may be gone; that is no reason to stop replicating.
  stream.on('error', () => undefined);
  return {
    write: (level, msg, fields = {}) => {
      const record = { time: new Date().toISOString(), level, source: 'supervisor', msg, ...fields };
      stream.write(`${JSON.stringify(record)}\n`);
    },
  };
}

/** Monotonic microseconds, the clock of all durations. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
