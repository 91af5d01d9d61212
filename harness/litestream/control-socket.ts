import { request } from 'node:http';
import { relative } from 'node:path';

/**
 * Litestream 0.5's control socket: takes databases in and lets them go without touching the others. A database registered
 * this way has Litestream's own intervals, not those of the config file.
 */
export class ControlSocket {
  readonly #address: string;

  /** Null where the address is too long for a socket. */
  static at(path: string): ControlSocket | null {
    const shorter = relative(process.cwd(), path);
    const address = Buffer.byteLength(shorter) < Buffer.byteLength(path) ? shorter : path;
    return Buffer.byteLength(address) <= MAX_ADDRESS_BYTES ? new ControlSocket(address) : null;
  }

  private constructor(address: string) {
    this.#address = address;
  }

  /** Files of all registered databases, sorted. */
  async list(): Promise<string[]> {
    const { status, body } = await this.#call('GET', '/list');
    if (status !== 200) throw new Error(`list: ${body}`);
    const { databases } = JSON.parse(body) as { databases: { path: string }[] | null };
    return (databases ?? []).map(({ path }) => path).toSorted();
  }

  async register(file: string, replicaUrl: string): Promise<void> {
    const { status, body } = await this.#call('POST', '/register', { path: file, replica_url: replicaUrl });
    if (status !== 200) throw new Error(`register: ${body}`);
  }

  /** It answers with an error when its last sync fails, as that of a deleted file must, and has let go of it all the same. */
  async unregister(file: string): Promise<void> {
    await this.#call('POST', '/unregister', { path: file, timeout: LAST_SYNC_SEC });
  }

  #call(method: string, path: string, content?: unknown): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const call = request(
        { socketPath: this.#address, method, path, signal: AbortSignal.timeout(CALL_MS) },
        (answer) => {
          let body = '';
          answer
            .setEncoding('utf8')
            .on('data', (text: string) => {
              body += text;
            })
            .on('end', () => resolve({ status: answer.statusCode ?? 0, body: body.trim() }))
            .on('error', reject);
        },
      );
      call.on('error', reject);
      call.end(content === undefined ? undefined : JSON.stringify(content));
    });
  }
}

/** Of the 108 bytes that Linux has for it, 104 on macOS. */
const MAX_ADDRESS_BYTES = 100;
const LAST_SYNC_SEC = 1;
const CALL_MS = 5000;
