import { DrillError } from '../errors.ts';

/** A store that does not end what it was doing in time: nobody can tell any more what came late. */
export function notSettled(why: string): DrillError {
  return new DrillError('DRILL_E_STORE_UNREACHABLE', {
    what: 'the store did not take in what had been sent to it',
    why,
    fix: "look at the store's log in evidence/…/logs, and run the drill again",
    exit: 3,
  });
}
