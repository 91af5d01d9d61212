import { describe, expect, it, vi } from 'vitest';
import { DrillError } from '../errors.ts';
import { chooseStore, describeChoice, type MinioWays, minioImage, type StorePlan } from './choose.ts';

const IN_A_CONTAINER: StorePlan = { kind: 'minio', runs: 'container', image: 'img:1' };
const AS_A_PROCESS: StorePlan = {
  kind: 'minio',
  runs: 'process',
  program: { path: '/bin/minio', version: 'RELEASE.1' },
};

function missing(what: string): DrillError {
  return new DrillError('DRILL_E_STORE_START', { what, why: 'of a reason', fix: `get ${what}`, exit: 3 });
}

function ways(container: StorePlan | Error, process: StorePlan | Error) {
  const way = (end: StorePlan | Error) =>
    vi.fn(async () => {
      if (end instanceof Error) throw end;
      return end;
    });
  return { container: way(container), process: way(process) } satisfies MinioWays;
}

describe('auto', () => {
  it('takes a container where one can be had, and asks for nothing else', async () => {
    const both = ways(IN_A_CONTAINER, AS_A_PROCESS);
    const chosen = await chooseStore('auto', both);
    expect(chosen.plan).toEqual(IN_A_CONTAINER);
    expect(both.process).not.toHaveBeenCalled();
    expect(describeChoice(chosen)).toBe('MinIO in a container (img:1)');
  });

  it('takes the program on PATH where there is no container, and says why', async () => {
    const chosen = await chooseStore('auto', ways(missing('no engine'), AS_A_PROCESS));
    expect(describeChoice(chosen)).toBe('MinIO as a process (/bin/minio), because no engine');
  });

  it('takes the embedded store where there is neither, and says why', async () => {
    const chosen = await chooseStore('auto', ways(missing('no engine'), missing('no program')));
    expect(describeChoice(chosen)).toBe(
      'embedded (in memory, in a process of its own), because no engine, and no program',
    );
  });

  it('hides no bug behind another store', async () => {
    await expect(chooseStore('auto', ways(new TypeError('a bug'), AS_A_PROCESS))).rejects.toThrow('a bug');
  });
});

describe('minio', () => {
  it('is a container or the program on PATH', async () => {
    const chosen = await chooseStore('minio', ways(missing('no engine'), AS_A_PROCESS));
    expect(chosen.plan).toEqual(AS_A_PROCESS);
  });

  it('never falls back to the embedded store: one error, with every reason and what to do', async () => {
    const error = await chooseStore('minio', ways(missing('no engine'), missing('no program'))).catch(
      (error: unknown) => error,
    );
    expect(error).toMatchObject({
      code: 'DRILL_E_STORE_START',
      exit: 3,
      details: ['no engine: of a reason', 'no program: of a reason'],
      fix: 'get no engine',
    });
  });
});

it('embedded asks neither for an engine nor for a program', async () => {
  const both = ways(IN_A_CONTAINER, AS_A_PROCESS);
  expect((await chooseStore('embedded', both)).plan).toEqual({ kind: 'embedded' });
  expect(both.container).not.toHaveBeenCalled();
  expect(both.process).not.toHaveBeenCalled();
});

it('takes the image that is named, and the pinned one without', () => {
  expect(minioImage({ DRILL_MINIO_IMAGE: 'mine:1' })).toBe('mine:1');
  expect(minioImage({ DRILL_MINIO_IMAGE: '' })).toBe(minioImage({}));
  expect(minioImage({})).toBe('quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z');
});
