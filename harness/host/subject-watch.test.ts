import { describe, expect, it, test } from 'vitest';
import { SUPERVISOR } from './protocol.ts';
import { Peak, residentBytes, type RunningProcess, SubjectProcesses } from './subject-watch.ts';

const LEADER = 100;
const FOLDER = '/work/host-1';

function running(pid: number, parent: number, group = LEADER, started = '1'): RunningProcess {
  return { pid, parent, group, started };
}

/** `inFolder`: those that refer to the host's folder; `asked`: of whom that was asked. */
function subjectProcesses(supervisor: () => number | null, inFolder: readonly number[] = []) {
  const asked: number[] = [];
  const host = {
    groupId: LEADER,
    pidOf: (name: string) => (name === SUPERVISOR ? supervisor() : null),
    paths: { folder: FOLDER, dataDir: '', rustbaseToml: '', binDir: '' },
  };
  const subject = new SubjectProcesses(host, (pid, folder) => {
    asked.push(pid);
    return folder === FOLDER && inFolder.includes(pid);
  });
  const pids = (...all: RunningProcess[]): number[] => subject.among(all).map(({ pid }) => pid);
  return { pids, asked };
}

describe('who belongs to the subject', () => {
  it('is the supervisor and what descends from it, not the leader and what else it has started', () => {
    const { pids, asked } = subjectProcesses(() => 101);
    expect(
      pids(
        running(LEADER, 1),
        running(101, LEADER),
        running(102, 101),
        running(110, LEADER),
        running(111, 110),
      ),
    ).toEqual([101, 102]);
    expect(asked).toEqual([]);
  });

  it('is an orphan of the group, and the next supervisor', () => {
    let supervisor: number | null = 101;
    const { pids } = subjectProcesses(() => supervisor);
    pids(running(LEADER, 1), running(101, LEADER), running(102, 101));
    supervisor = null;
    expect(pids(running(LEADER, 1), running(102, 1))).toEqual([102]);
    supervisor = 120;
    expect(pids(running(LEADER, 1), running(102, 1), running(120, LEADER))).toEqual([102, 120]);
  });

  it('is who left the group, for good, with all that descends from it', () => {
    const inFolder = [200];
    const { pids } = subjectProcesses(() => 101, inFolder);
    const all = [running(LEADER, 1), running(101, LEADER), running(200, 1, 200), running(300, 1, 300)];
    expect(pids(...all)).toEqual([101, 200]);
    inFolder.pop();
    expect(pids(...all, running(201, 200, 201))).toEqual([101, 200, 201]);
    expect(pids(...all, running(201, 1, 201))).toEqual([101, 200, 201]);
  });

  it('is not a helper of the drill, nor a stranger, who is asked after twice', () => {
    const { pids, asked } = subjectProcesses(() => 101, [process.pid, 400]);
    const all = [running(process.pid, 1, 7), running(400, process.pid, 7), running(300, 1, 300)];
    for (let look = 0; look < 4; look++) expect(pids(...all)).toEqual([]);
    expect(asked).toEqual([300, 300]);
  });

  it('is not a stranger with the number of one that was', () => {
    const { pids } = subjectProcesses(() => 101, []);
    expect(pids(running(LEADER, 1), running(101, LEADER), running(102, 101))).toEqual([101, 102]);
    expect(pids(running(LEADER, 1), running(101, LEADER), running(102, 1, 9, '2'))).toEqual([101]);
  });
});

test('memory is what the kernel says, and nothing of one that is ending', () => {
  const status =
    'Name:\tlitestream\nState:\tR (running)\nVmHWM:\t  9000 kB\nVmRSS:\t  1204 kB\nThreads:\t9\n';
  expect(residentBytes(status)).toBe(1204 * 1024);
  // A killed Litestream of five hundred databases, seen so for some hundred milliseconds.
  expect(residentBytes('Name:\tlitestream\nState:\tR (running)\nThreads:\t1\n')).toBe(0);
});

describe('the most that was held', () => {
  it('is the largest sum of one look, of memory and descriptors each', () => {
    const peak = new Peak();
    peak.add([
      { rssBytes: 700, openFiles: 10 },
      { rssBytes: 200, openFiles: 5 },
    ]);
    peak.add([{ rssBytes: 800, openFiles: 40 }]);
    peak.add([]);
    peak.gap(1_000_000);
    peak.gap(1_500_000);
    peak.gap(200_000);
    expect(peak.use).toEqual({ looks: 2, longestGapMs: 1500, rssBytes: 900, openFiles: 40 });
  });

  it('is unknown where nobody was seen', () => {
    const peak = new Peak();
    peak.add([]);
    expect(peak.use).toEqual({ looks: 0, longestGapMs: 0, rssBytes: null, openFiles: null });
  });

  it('is unknown once somebody may not be looked at', () => {
    const peak = new Peak();
    peak.add([{ rssBytes: 700, openFiles: 10 }]);
    peak.add([
      { rssBytes: 700, openFiles: 10 },
      { rssBytes: 200, openFiles: null },
    ]);
    peak.add([{ rssBytes: 700, openFiles: 10 }]);
    expect(peak.use).toMatchObject({ looks: 3, rssBytes: 900, openFiles: null });
  });
});
