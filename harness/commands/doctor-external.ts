import { DrillError } from '../errors.ts';
import { keyBase } from '../litestream/listed-object.ts';
import { duration } from '../report/format.ts';
import { clockProblem } from '../store/clock-skew.ts';
import { diagnose, shortKey, where, type SettingNames } from '../store/diagnose.ts';
import { EXTERNAL_NAMES } from '../store/external-names.ts';
import { type ExternalSettings, externalSettings } from '../store/external-settings.ts';
import { type Contact, openS3, type S3Settings } from '../store/s3-client.ts';
import type { Diagnosis } from './doctor.ts';

/** A store that is further away than this is of no use for a drill, whatever it would answer then. */
const ANSWER_TIMEOUT_MS = 5000;

const RECOVERY_NAMES: SettingNames = {
  ...EXTERNAL_NAMES,
  keys: 'DRILL_S3_RECOVERY_ACCESS_KEY_ID and DRILL_S3_RECOVERY_SECRET_ACCESS_KEY',
};

/** Where somebody has named a bucket: whether it answers to each credential that a drill will have, by listing alone. */
export async function externalDiagnoses(env: NodeJS.ProcessEnv): Promise<Diagnosis[]> {
  if ((env[EXTERNAL_NAMES.bucket] ?? '') === '') return [];
  const settings = settingsOrDiagnosis(env);
  if ('state' in settings) return [settings];
  const { writer, recovery, prefix } = settings;
  const asked = [ask('external store', writer, prefix, EXTERNAL_NAMES)];
  if (recovery !== null && recovery.accessKeyId !== writer.accessKeyId)
    asked.push(ask('external restores', recovery, prefix, RECOVERY_NAMES));
  return Promise.all(asked);
}

function settingsOrDiagnosis(env: NodeJS.ProcessEnv): ExternalSettings | Diagnosis {
  try {
    return externalSettings(env);
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    const found = [error.what, ...error.details].join('; ');
    return { name: 'external store', state: 'fail', found, fix: error.fix };
  }
}

async function ask(
  name: string,
  settings: S3Settings,
  prefix: string,
  names: SettingNames,
): Promise<Diagnosis> {
  const client = openS3(settings);
  const startMs = performance.now();
  try {
    await client.look(keyBase(prefix), AbortSignal.timeout(ANSWER_TIMEOUT_MS));
    const took = duration(performance.now() - startMs);
    const contact = client.contact();
    const below = prefix === '' ? 'no prefix' : `prefix ${prefix}`;
    const place = `bucket ${settings.bucket}, ${below}, at ${where(settings)}`;
    const found = `${place} answers ${shortKey(settings.accessKeyId)} in ${took}${clocks(contact)}`;
    const problem = clockProblem(contact);
    if (problem !== null) return { name, state: 'warn', found, fix: `${problem.fix}: ${problem.why}` };
    return { name, state: 'ok', found: `${found}; every drill holds it against S3 first`, fix: '' };
  } catch (error) {
    const { what, why, fix } = diagnose(error, `list the bucket ${settings.bucket}`, settings, names);
    return { name, state: 'fail', found: `${what}: ${why}${clocks(client.contact())}`, fix };
  } finally {
    client.close();
  }
}

/** How far the two clocks are apart, to the second; nothing where nobody has answered. */
function clocks(contact: Contact | null): string {
  if (contact === null) return '';
  const { clockSkewMs } = contact;
  if (clockSkewMs === null) return '; it does not tell its time';
  if (clockSkewMs === 0) return '; its clock and ours agree to the second';
  const apart = duration(Math.abs(clockSkewMs));
  return `; our clock is ${apart} ${clockSkewMs > 0 ? 'ahead of' : 'behind'} its own`;
}
