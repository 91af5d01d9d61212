import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { openAws, type S3Settings } from './s3-client.ts';

/** An object as it lies in a store: its bytes and what was noted beside them. */
export interface StoredObject {
  readonly body: Uint8Array;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a fault in the bucket needs beyond the ordinary client: objects with their metadata. */
export interface Saboteur extends Disposable {
  take(key: string): Promise<StoredObject>;
  put(key: string, object: StoredObject): Promise<void>;
}

const CALL_TIMEOUT_MS = 20_000;

export function openSaboteur(settings: S3Settings): Saboteur {
  const client = openAws(settings);
  const bucket = { Bucket: settings.bucket };
  const limit = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  return {
    take: async (key) => {
      const answer = await client.send(new GetObjectCommand({ ...bucket, Key: key }), limit());
      const body = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
      return { body, metadata: answer.Metadata ?? {} };
    },
    put: async (key, { body, metadata }) => {
      const request = new PutObjectCommand({ ...bucket, Key: key, Body: body, Metadata: { ...metadata } });
      await client.send(request, limit());
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}
