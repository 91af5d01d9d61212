import { expect, it } from 'vitest';
import { DrillError } from '../errors.ts';
import { faultDiagnoses } from './doctor-faults.ts';

const WHY = 'sudo: a password is required';

function fault(assert: () => Promise<void>) {
  return { name: 'full disk', kind: 'host-disk-full', assert };
}

it('is well where the fault can be made', async () => {
  const found = await faultDiagnoses([fault(() => Promise.resolve())], 'linux');
  expect(found).toEqual([
    { name: 'full disk', state: 'ok', found: 'host-disk-full can be made here', fix: '' },
  ]);
});

it('warns, with what to do, where it is refused, however that is told', async () => {
  const refusal = new DrillError('DRILL_E_FAULT_IMPOSSIBLE', {
    what: 'no small disk can be made here',
    why: WHY,
    fix: 'run it as root',
    exit: 3,
  });
  const faults = [refusal, new Error(`${WHY}\n`)].map((error) => fault(() => Promise.reject(error)));
  expect(await faultDiagnoses(faults, 'linux')).toEqual([
    {
      name: 'full disk',
      state: 'warn',
      found: `no small disk can be made here: ${WHY}`,
      fix: 'run it as root',
    },
    {
      name: 'full disk',
      state: 'warn',
      found: `host-disk-full cannot be made here: ${WHY}`,
      fix: expect.stringContaining('root'),
    },
  ]);
});

it('tries nothing elsewhere than on Linux', async () => {
  const untried = fault(() => Promise.reject(new Error('tried')));
  const [found] = await faultDiagnoses([untried], 'darwin');
  expect(found).toMatchObject({ state: 'warn', found: 'host-disk-full cannot be made on darwin' });
});
