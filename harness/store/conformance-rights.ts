import { randomBytes } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { Bench, Lie, Probe } from './conformance.ts';
import { openAws, type S3Settings } from './s3-client.ts';

/** Who may do what, and who may not. */
export const RIGHT_PROBES: readonly Probe[] = [
  { id: 'wrong credentials', cost: 'it cannot be told who is kept out', run: wrongCredentials },
  { id: 'recovery credential', cost: 'nothing could be restored', run: recoveryCredential },
];

const REFUSALS = [400, 401, 403];

async function wrongCredentials(bench: Bench): Promise<Lie[]> {
  const nobody = { accessKeyId: `AKIA${random().toUpperCase().slice(0, 16)}`, secretAccessKey: random() };
  const wrong: readonly [string, S3Settings][] = [
    ['an access key that does not exist', { ...bench.writer, ...nobody }],
    ["the writer's access key with a wrong secret", { ...bench.writer, secretAccessKey: random() }],
  ];
  const lies = await Promise.all(
    wrong.map(async ([whose, settings]): Promise<Lie[]> => {
      if (await isRefused(settings, bench)) return [];
      return [
        {
          what: `${whose} is not refused`,
          cost: 'anybody who reaches the store could read and delete every backup',
        },
      ];
    }),
  );
  return lies.flat();
}

async function isRefused(settings: S3Settings, { folder, bucket, limit }: Bench): Promise<boolean> {
  const aws = openAws(settings);
  try {
    await aws.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: folder }), limit);
    return false;
  } catch (error) {
    if (hasStatus(error, REFUSALS)) return true;
    throw error;
  } finally {
    aws.destroy();
  }
}

/** The recovery reads and lists, and can do nothing else: a restore must not be able to damage what it restores from. */
async function recoveryCredential({ aws, recovery, bucket, folder, limit }: Bench): Promise<Lie[]> {
  if (recovery === null) return [];
  const kept = { Bucket: bucket, Key: `${folder}kept` };
  await aws.send(new PutObjectCommand({ ...kept, Body: 'kept' }), limit);
  const reader = openAws(recovery);
  try {
    const { Body } = await reader.send(new GetObjectCommand(kept), limit);
    const text = await Body?.transformToString();
    const mayWrite = await isDone(() =>
      reader.send(new PutObjectCommand({ Bucket: bucket, Key: `${folder}written`, Body: 'x' }), limit),
    );
    const mayDelete = await isDone(() => reader.send(new DeleteObjectCommand(kept), limit));
    return [
      ...(text === 'kept'
        ? []
        : [
            {
              what: 'the recovery credential reads other bytes than were written',
              cost: 'nothing could be restored',
            },
          ]),
      ...(mayWrite
        ? [
            {
              what: 'the recovery credential may write',
              cost: 'a restore could damage the backups it restores from',
            },
          ]
        : []),
      ...(mayDelete
        ? [
            {
              what: 'the recovery credential may delete',
              cost: 'a restore could delete the backups it restores from',
            },
          ]
        : []),
    ];
  } finally {
    reader.destroy();
  }
}

async function isDone(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (hasStatus(error, REFUSALS)) return false;
    throw error;
  }
}

function hasStatus(error: unknown, statuses: readonly number[]): boolean {
  return statuses.includes(
    (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0,
  );
}

function random(): string {
  return randomBytes(20).toString('hex');
}
