import { AwsClient } from 'aws4fetch';
import { DrillError, messageOf } from '../errors.ts';
import type { AccessKey } from './access-key.ts';
import { sealForMinio } from './minio-encryption.ts';

const CALL_TIMEOUT_MS = 10_000;
const TOLD_BYTES = 300;

/** The two things that the drill asks of MinIO's admin API. */
export interface MinioAdmin {
  /** Makes a credential that may do what the policy says and nothing else. */
  addCredential(key: AccessKey, policy: object): Promise<void>;
  /** What the server says that it is. */
  version(): Promise<string>;
}

export function openMinioAdmin(endpoint: string, root: AccessKey): MinioAdmin {
  const client = new AwsClient({
    accessKeyId: root.id,
    secretAccessKey: root.secret,
    service: 's3',
    region: 'us-east-1',
    retries: 0,
  });
  const call = async (method: 'GET' | 'PUT', name: string, body?: Buffer<ArrayBuffer>): Promise<Response> => {
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
    try {
      const answer = await client.fetch(`${endpoint}/minio/admin/v3/${name}`, {
        method,
        signal,
        ...(body === undefined ? {} : { body }),
      });
      if (answer.ok) return answer;
      throw new Error(`HTTP ${answer.status}: ${(await answer.text()).slice(0, TOLD_BYTES)}`);
    } catch (error) {
      throw refused(name, error);
    }
  };
  const change = async (name: string, body?: Buffer<ArrayBuffer>): Promise<void> => {
    const answer = await call('PUT', name, body);
    await answer.arrayBuffer();
  };
  return {
    // A user and not a service account: the answer to the latter is sealed by a derivation that is slow on purpose.
    addCredential: async ({ id, secret }, policy) => {
      const wanted = JSON.stringify({ secretKey: secret, status: 'enabled' });
      await change(`add-user?accessKey=${id}`, sealForMinio(root.secret, wanted));
      await change(`add-canned-policy?name=${id}`, Buffer.from(JSON.stringify(policy)));
      await change(`set-user-or-group-policy?policyName=${id}&userOrGroup=${id}&isGroup=false`);
    },
    version: async () => {
      const info = (await (await call('GET', 'info')).json()) as { servers?: { version?: string }[] };
      return info.servers?.[0]?.version ?? 'unknown version';
    },
  };
}

function refused(name: string, cause: unknown): DrillError {
  return new DrillError('DRILL_E_STORE_START', {
    what: 'MinIO could not be set up',
    why: `${name.replace(/\?.*/, '')}: ${messageOf(cause)}`,
    fix: 'look at the log of the store; another MinIO image can be named with DRILL_MINIO_IMAGE',
    exit: 3,
    cause,
  });
}
