import { expect, test } from 'vitest';
import { type LoadedScenario, readScenario } from './load.ts';
import { assertStarted, supervisorFor, supervisorInWords } from './supervisor.ts';

function scenarioWith(supervisor: string, file = '/srv/drills/a.yaml'): LoadedScenario {
  const { loaded } = readScenario(
    `id: a\ntitle: A\ntier: gate\nfleet: { realms: 1 }\ndisaster: { kind: host-loss }\n${supervisor}\nobjectives: [rpoMs max < 1]\n`,
    file,
  );
  if (loaded === null) throw new Error('not a scenario');
  return loaded;
}
const OWN = 'supervisor: { command: "sh {here}/supervisors/x.sh" }';

test('without any it is our own, and else the one that was asked for', () => {
  expect(supervisorFor(scenarioWith(''), null)).toBeNull();
  expect(supervisorFor(scenarioWith(''), 'mine')).toBe('mine');
  expect(supervisorInWords(scenarioWith(''), null)).toBe('drill supervise');
  expect(supervisorInWords(scenarioWith(''), 'mine')).toBe('mine');
});

test('a scenario keeps its own, with its folder filled in for the shell and not for the report', () => {
  expect(supervisorFor(scenarioWith(OWN), 'mine')).toBe("sh '/srv/drills'/supervisors/x.sh");
  expect(supervisorFor(scenarioWith(OWN, "/it's here/a.yaml"), null)).toBe(
    String.raw`sh '/it'\''s here'/supervisors/x.sh`,
  );
  expect(supervisorInWords(scenarioWith(OWN), 'mine')).toBe('sh {here}/supervisors/x.sh');
});

test('asking for one that nobody would start is refused', () => {
  expect(() => assertStarted('mine', [scenarioWith(OWN)])).toThrow('--supervisor would not be started');
  expect(() => assertStarted('mine', [scenarioWith(OWN), scenarioWith('')])).not.toThrow();
  expect(() => assertStarted(null, [scenarioWith(OWN)])).not.toThrow();
});
