import { randomBytes } from 'node:crypto';
import { DeleteObjectCommand, type S3Client as AwsS3Client } from '@aws-sdk/client-s3';
import { DrillError, messageOf } from '../errors.ts';
import { clockProblem } from './clock-skew.ts';
import { LIST_PROBES } from './conformance-lists.ts';
import { OBJECT_PROBES, takesConditions } from './conformance-objects.ts';
import { RIGHT_PROBES } from './conformance-rights.ts';
import { AWS_NAMES, type Diagnosis, diagnose, type SettingNames, where } from './diagnose.ts';
import { type Contact, openAws, openS3, type S3Settings } from './s3-client.ts';

/** One thing that a store does otherwise than S3, and what it would have cost. */
export interface Lie {
  readonly what: string;
  readonly cost: string;
}

/** What a probe works with: the writer's client, and a folder of its own in the bucket. */
export interface Bench {
  readonly aws: AwsS3Client;
  readonly bucket: string;
  readonly writer: S3Settings;
  readonly recovery: S3Settings | null;
  /** Key prefix with its slash. */
  readonly folder: string;
  readonly limit: { readonly abortSignal: AbortSignal };
}

export interface Probe {
  /** What it looks at, in words; also the name of its folder. */
  readonly id: string;
  /** What is lost when the store cannot do it at all. */
  readonly cost: string;
  readonly run: (bench: Bench) => Promise<Lie[]>;
}

/** What was learnt of a store that conforms. */
export interface Conformance {
  /** Whether a put with `If-None-Match: *` is refused where the key is taken. Stores may lack it. */
  readonly conditionalPut: boolean;
  readonly contact: Contact | null;
}

const LIMIT_MS = 25_000;
const PROBES: readonly Probe[] = [...OBJECT_PROBES, ...LIST_PROBES, ...RIGHT_PROBES];

/**
 * Does with a store what Litestream, the recovery and the drill will do with it, below a prefix that is gone again
 * afterwards, and throws one error that names all in which it is not S3. Who cannot be reached or is refused is told
 * why, in one line. `recovery` null: it has no credential of its own.
 */
export async function checkConformance(
  writer: S3Settings,
  recovery: S3Settings | null,
  prefix: string,
  names: SettingNames = AWS_NAMES,
): Promise<Conformance> {
  const folder = `${prefix === '' ? '' : `${prefix}/`}conformance-${randomBytes(8).toString('hex')}/`;
  const contact = await reach(writer, folder, names);
  if (recovery !== null) await mayList(recovery, folder, names);
  const aws = openAws(writer);
  const limit = { abortSignal: AbortSignal.timeout(LIMIT_MS) };
  const bench: Bench = { aws, bucket: writer.bucket, writer, recovery, folder, limit };
  try {
    const [lies, conditionalPut] = await Promise.all([
      Promise.all(PROBES.map((probe) => attempt(probe, bench))),
      takesConditions({ ...bench, folder: `${folder}conditional/` }),
    ]);
    const left = await cleanUp(bench);
    const all = [...lies.flat(), ...left];
    if (all.length > 0) throw notS3(all, writer);
    return { conditionalPut, contact };
  } finally {
    aws.destroy();
  }
}

/** One put, get and list: what is wrong with address, credential or bucket comes out here, once, and not from every probe. */
async function reach(writer: S3Settings, folder: string, names: SettingNames): Promise<Contact | null> {
  const client = openS3(writer);
  const key = `${folder}reach`;
  const step = async <T>(doing: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      const clock = clockProblem(client.contact());
      if (clock !== null) throw refused({ kind: 'refused', ...clock }, error);
      throw refused(diagnose(error, doing, writer, names), error);
    }
  };
  try {
    await step(`list the bucket ${writer.bucket}`, () => client.list(folder));
    const clock = clockProblem(client.contact());
    if (clock !== null) throw refused({ kind: 'refused', ...clock });
    await step(`write to the bucket ${writer.bucket}`, () => client.put(key, 'x'));
    try {
      await step(`read from the bucket ${writer.bucket}`, () => client.get(key));
    } finally {
      await step(`delete from the bucket ${writer.bucket}`, () => client.remove([key]));
    }
    return client.contact();
  } finally {
    client.close();
  }
}

async function mayList(recovery: S3Settings, folder: string, names: SettingNames): Promise<void> {
  const client = openS3(recovery);
  try {
    await client.list(folder);
  } catch (error) {
    throw refused(
      diagnose(error, `list the bucket ${recovery.bucket} with the recovery credential`, recovery, names),
      error,
    );
  } finally {
    client.close();
  }
}

/** A probe that cannot be made counts as one that failed. */
async function attempt({ id, cost, run }: Probe, bench: Bench): Promise<Lie[]> {
  try {
    return await run({ ...bench, folder: `${bench.folder}${id.replaceAll(' ', '-')}/` });
  } catch (error) {
    if (bench.limit.abortSignal.aborted)
      return [
        { what: `${id}: not done within ${LIMIT_MS / 1000} s`, cost: 'a fleet cannot keep up with that' },
      ];
    const { name } = error as { name?: string };
    const message = messageOf(error).replaceAll(/\s+/g, ' ').slice(0, 200);
    return [{ what: `${id}: ${name === undefined || name === 'Error' ? '' : `${name}: `}${message}`, cost }];
  }
}

/** One by one, and twice: a store that lies about lists or batches is cleaned up all the same. */
async function cleanUp({ aws, bucket, folder, writer }: Bench): Promise<Lie[]> {
  const client = openS3(writer);
  try {
    const objects = await client.list(folder);
    for (const { key } of objects) await aws.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    const left = await client.list(folder);
    if (left.length === 0) return [];
    return [
      { what: `${left.length} objects below ${folder} cannot be deleted`, cost: 'the bucket only grows' },
    ];
  } catch (error) {
    return [{ what: `cleaning up below ${folder}: ${messageOf(error)}`, cost: 'the bucket only grows' }];
  } finally {
    client.close();
  }
}

function refused({ kind, ...words }: Omit<Diagnosis, never>, cause?: unknown): DrillError {
  const code = kind === 'refused' ? 'DRILL_E_STORE_REFUSED' : 'DRILL_E_STORE_UNREACHABLE';
  return new DrillError(code, { ...words, exit: 3, cause });
}

function notS3(lies: readonly Lie[], writer: S3Settings): DrillError {
  return new DrillError('DRILL_E_STORE_CONFORMANCE', {
    what: `the store at ${where(writer)} does ${lies.length} ${lies.length === 1 ? 'thing' : 'things'} otherwise than S3`,
    details: lies.map(({ what, cost }) => `${what} (${cost})`),
    why: 'a backup on it, and a drill of that backup, could not be trusted',
    fix: 'use another store, or another version of this one',
    exit: 3,
  });
}
