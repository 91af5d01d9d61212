import { availableParallelism } from 'node:os';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import {
  OwnTicks,
  ProcessorWatch,
  type ProcessTicks,
  processorTicks,
  processTicks,
} from './processor-watch.ts';

function running(pid: number, parent: number, ticks: number, started = 0): ProcessTicks {
  return { pid, parent, key: `${pid}/${started}`, ticks };
}

describe('what the processes of a drill have used', () => {
  it('is theirs and that of what descends from them, from the first look on', () => {
    const own = new OwnTicks({ roots: () => [10] });
    expect(own.add([running(1, 0, 900), running(10, 1, 50), running(11, 10, 30), running(77, 1, 40)])).toBe(
      0,
    );
    expect(own.add([running(1, 0, 990), running(10, 1, 55), running(11, 10, 37), running(77, 1, 90)])).toBe(
      12,
    );
  });

  it('has all of one that began meanwhile, and of a number that was given away again', () => {
    const own = new OwnTicks({ roots: () => [10] });
    own.add([running(10, 1, 50), running(11, 10, 30, 1)]);
    expect(own.add([running(10, 1, 50), running(11, 10, 8, 2)])).toBe(8);
  });

  it('has a child that ended once, though its parent has it too from then on', () => {
    const own = new OwnTicks({ roots: () => [10] });
    own.add([running(10, 1, 50)]);
    expect(own.add([running(10, 1, 50), running(11, 10, 30)])).toBe(30);
    expect(own.add([running(10, 1, 84)])).toBe(34);
    expect(own.add([running(10, 1, 90)])).toBe(40);
  });

  it('keeps an orphan, and a root that comes later', () => {
    const roots = [10];
    const own = new OwnTicks({ roots: () => roots });
    own.add([running(10, 1, 0), running(11, 10, 0), running(12, 11, 0), running(500, 400, 7)]);
    expect(own.add([running(10, 1, 0), running(12, 1, 25), running(500, 400, 7)])).toBe(25);
    roots.push(500);
    expect(own.add([running(10, 1, 0), running(12, 1, 25), running(500, 400, 9)])).toBe(34);
  });

  it('has a daemon that left its parents between two looks, and asks of each process once', () => {
    const asked: number[] = [];
    const isOwn = (pid: number): boolean => asked.push(pid) > 0 && pid === 20;
    const own = new OwnTicks({ roots: () => [10], isOwn });
    own.add([running(10, 1, 50), running(30, 1, 7)]);
    const later = [running(10, 1, 50), running(30, 1, 9), running(20, 1, 100), running(40, 1, 5)];
    expect(own.add(later)).toBe(100);
    expect(own.add([...later.slice(0, 2), running(20, 1, 190), running(40, 1, 66)])).toBe(190);
    expect(asked).toEqual([20, 40]);
  });
});

describe('what the system tells', () => {
  it('is read from the first line: a guest counts once, stolen time is busy, waiting for a disk is idle', () => {
    const text = 'cpu  100 5 20 1000 7 1 2 30 60 0\ncpu0 9 9 9 9 9 9 9 9 9 9\n';
    expect(processorTicks(text)).toEqual({ idle: 1007, busy: 158 });
  });

  it('is read of a process whose command holds blanks and brackets', () => {
    const text = '42 (a) b (c)) S 7 42 42 0 -1 4194304 1 2 3 4 10 20 30 40 20 0 1 0 12345 1 1';
    expect(processTicks(42, text)).toEqual({ pid: 42, parent: 7, key: '42/12345', ticks: 100 });
    expect(processTicks(42, '')).toBeNull();
  });
});

describe.runIf(process.platform === 'linux')('a watch over this machine', () => {
  it('does not take the drill itself for somebody else', async () => {
    await using watch = new ProcessorWatch(systemClock);
    watch.start();
    const fromUs = systemClock.nowUs();
    const used = await Promise.all(Array.from({ length: availableParallelism() }, secondsOfWork));
    const toUs = systemClock.nowUs();
    watch.sample();
    const { idle = 1, others = 1 } = watch.shares(fromUs, toUs) ?? {};
    // However busy the machine is otherwise: what our processes say that they have used is nobody else's.
    const own = (1 - idle - others) * availableParallelism() * ((toUs - fromUs) / 1_000_000);
    expect(own).toBeGreaterThan(0.7 * used.reduce((sum, seconds) => sum + seconds, 0));
  });

  it('knows nothing of a time in which it did not look', () => {
    const watch = new ProcessorWatch(systemClock);
    watch.start();
    expect(watch.shares(0, 1)).toBeNull();
    expect(watch.shares(systemClock.nowUs(), systemClock.nowUs() + 60_000_000)).toBeNull();
    void watch[Symbol.asyncDispose]();
  });
});

/** A process that does nothing but work for a second, and says how much it has had of a processor meanwhile. */
async function secondsOfWork(): Promise<number> {
  const program = `const end = Date.now() + 1000; while (Date.now() < end);
    const { user, system } = process.cpuUsage(); console.log((user + system) / 1e6);`;
  const { stdout } = await execa(process.execPath, ['-e', program], { timeout: 20_000 });
  return Number(stdout);
}
