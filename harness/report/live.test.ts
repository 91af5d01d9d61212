import { describe, expect, test } from 'vitest';
import type { DrillEvent } from '../events.ts';
import { createLiveReporter, type LiveOptions } from './live.ts';

interface Watched {
  /** Reports an event at an instant; gives what was written because of it. */
  readonly at: (nowMs: number, event: DrillEvent) => string;
  readonly close: () => string;
}

function watch(
  options: Partial<LiveOptions['screen']> = {},
  detail: LiveOptions['detail'] = 'normal',
  isGithub = false,
): Watched {
  let written = '';
  let now = 0;
  const screen = {
    columns: 100,
    colour: false,
    motion: false,
    ...options,
    write: (text: string) => void (written += text),
  };
  const reporter = createLiveReporter({ screen, nowMs: () => now, detail, isGithub });
  const taken = (): string => {
    const text = written;
    written = '';
    return text;
  };
  return {
    at: (nowMs, event) => {
      now = nowMs;
      reporter.onEvent(event);
      return taken();
    },
    close: () => {
      reporter.close();
      return taken();
    },
  };
}

const start: DrillEvent = { type: 'phase-start', drillId: 'd', phase: 'restore', atMs: 0 };
const end: DrillEvent = { type: 'phase-end', drillId: 'd', phase: 'restore', atMs: 9000, durationMs: 9000 };
function progress(done: number): DrillEvent {
  return {
    type: 'progress',
    drillId: 'd',
    phase: 'restore',
    done,
    total: 100,
    label: 'restored',
    figures: { rows: 1234 },
  };
}

describe('on a terminal', () => {
  test('one line is painted over, at most ten times a second', () => {
    const { at } = watch({ motion: true });
    expect(at(0, start)).toBe('');
    expect(at(1, progress(25))).toBe(
      '\r\u001b[2K  restore           ######..................  25/100 restored, rows 1,234  1 ms',
    );
    expect(at(50, progress(26))).toBe('');
    expect(at(100.9, progress(27))).toBe('');
    expect(at(101, progress(50))).toContain('############............  50/100');
    let paints = 0;
    for (let ms = 200; ms < 1200; ms += 1) if (at(ms, progress(50)) !== '') paints += 1;
    expect(paints).toBeLessThanOrEqual(10);
  });

  test('a finished phase replaces the line', () => {
    const { at } = watch({ motion: true });
    at(0, start);
    at(1, progress(25));
    at(2, progress(100));
    expect(at(9000, end)).toBe('\r\u001b[2K  restore               9.0 s  100/100 restored, rows 1,234\n');
  });

  test('closing takes the line away, once', () => {
    const { at, close } = watch({ motion: true });
    at(0, start);
    at(1, progress(25));
    expect(close()).toBe('\r\u001b[2K');
    expect(close()).toBe('');
  });

  test('never wider than the screen', () => {
    for (const columns of [1, 20, 40, 60, 80]) {
      const { at } = watch({ motion: true, columns });
      at(0, start);
      expect(at(1, progress(25)).replace('\r\u001b[2K', '').length).toBeLessThan(Math.max(2, columns));
    }
  });
});

describe('elsewhere', () => {
  test('plain lines without control characters', () => {
    const { at, close } = watch();
    const text = [
      at(0, { type: 'run-start', atMs: 0, runId: 'r1', seed: 42, drills: 1 }),
      at(0, { type: 'drill-start', atMs: 0, drillId: 'd', scenario: 's', title: 'T', seed: 42 }),
      at(0, start),
      at(1, progress(1)),
      at(9000, progress(100)),
      at(9000, end),
      at(9001, { type: 'note', drillId: 'd', level: 'info', message: 'a\u001b[2Jb' }),
      at(9002, { type: 'note', drillId: 'd', level: 'warn', message: 'slow' }),
      at(9003, { type: 'kill', drillId: 'd', atMs: 9003 }),
      at(9004, { type: 'drill-end', atMs: 9004, drillId: 'd', verdict: 'pass', reason: 'all held' }),
      at(9005, { type: 'run-end', atMs: 9005, verdict: 'pass', exitCode: 0 }),
      close(),
    ];
    expect(text.join('')).toBe(`seed 42  run r1, 1 drill
d  T, seed 42
  restore               9.0 s  100/100 restored, rows 1,234
  a\\u001b[2Jb
  warning  slow
  killed  the whole host, with SIGKILL
  pass  all held
`);
  });

  test('a long phase shows every ten seconds that it lives', () => {
    const { at } = watch();
    at(0, start);
    expect(at(9999, progress(1))).toBe('');
    expect(at(10_000, progress(2))).toBe('  restore: 2/100 restored, rows 1,234, 10.0 s\n');
    expect(at(10_001, progress(3))).toBe('');
  });

  test('verbose shows every step, quiet only warnings', () => {
    const verbose = watch({ motion: true }, 'verbose');
    verbose.at(0, start);
    expect(verbose.at(1, progress(2))).toBe('  restore: 2/100 restored, rows 1,234, 1 ms\n');
    expect(verbose.at(1, progress(3))).not.toBe('');
    const quiet = watch({}, 'quiet');
    expect(quiet.at(0, start) + quiet.at(1, progress(1)) + quiet.at(2, end)).toBe('');
    expect(quiet.at(3, { type: 'note', drillId: 'd', level: 'warn', message: 'slow' })).toBe(
      '  warning  slow\n',
    );
  });
});

describe('on GitHub', () => {
  const drillStart = (title: string): DrillEvent => {
    return { type: 'drill-start', atMs: 0, drillId: 'd', scenario: 's', title, seed: 42 };
  };
  const drillEnd: DrillEvent = {
    type: 'drill-end',
    atMs: 9004,
    drillId: 'd',
    verdict: 'pass',
    reason: 'all held',
  };

  test('the lines of a drill are a group, and its verdict stands below', () => {
    const { at, close } = watch({}, 'normal', true);
    expect(at(0, drillStart('100 % T'))).toBe('::group::d  100 %25 T, seed 42\n');
    expect(at(0, start) + at(9000, end)).toBe('  restore               9.0 s\n');
    expect(at(9004, drillEnd)).toBe('::endgroup::\n  pass  d: all held\n');
    expect(close()).toBe('');
  });

  test('a group that is open is closed on every way out, once', () => {
    const { at, close } = watch({}, 'normal', true);
    at(0, drillStart('T'));
    expect(close()).toBe('::endgroup::\n');
    expect(close()).toBe('');
  });

  test('quiet opens none', () => {
    const { at, close } = watch({}, 'quiet', true);
    expect(at(0, drillStart('T')) + at(1, drillEnd) + close()).toBe('');
  });
});
