import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import { DrillError } from './errors.ts';
import { createEventBus } from './events.ts';
import { evidenceWith } from './judge/green-evidence.ts';
import { judge } from './judge/judge.ts';
import { Recorder } from './recorder.ts';

describe('the class of a failure', () => {
  const cases: readonly [what: string, thrown: unknown, expected: string][] = [
    [
      'a full disk',
      Object.assign(new Error('no space left'), { code: 'ENOSPC' }),
      'environment DRILL_E_DISK_SPACE',
    ],
    [
      'SQLite without space',
      Object.assign(new Error('full'), { code: 'SQLITE_FULL' }),
      'environment DRILL_E_DISK_SPACE',
    ],
    [
      'too many open files',
      Object.assign(new Error('EMFILE'), { code: 'EMFILE' }),
      'environment DRILL_E_OPEN_FILES',
    ],
    ['the end of its time', new DOMException('late', 'TimeoutError'), 'environment DRILL_E_TIMEOUT'],
    ['what nobody foresaw', new TypeError('x is not a function'), 'harness DRILL_E_BUG'],
    [
      'a store that is gone',
      new DrillError('DRILL_E_STORE_UNREACHABLE', {
        what: 'gone',
        why: 'it ended',
        fix: 'start it',
        exit: 3,
      }),
      'store DRILL_E_STORE_UNREACHABLE',
    ],
  ];
  it.each(cases)('comes from where %s was noticed', (_, thrown, expected) => {
    const recorder = new Recorder(createEventBus(), systemClock, 'tiny');
    recorder.harnessFault(thrown);
    const { failures = [] } = judge(
      evidenceWith(({ harnessFaults }) => void harnessFaults.push(...recorder.harnessFaults)),
    );
    const [failure] = failures;
    expect(`${failure?.class} ${failure?.code}`).toBe(expected);
    expect(failure?.fix).not.toBe('');
  });
});
