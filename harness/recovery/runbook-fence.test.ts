import { createServer, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { byAddress, type Fence, openFence } from './runbook-fence.ts';

/** A store that says what it was asked. */
let store: Server;
let fence: Fence;

beforeEach(async () => {
  store = createServer((asked, answer) => answer.end(`${asked.headers.host?.split(':')[0]} ${asked.url}`));
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
  const address = store.address();
  const port = typeof address === 'object' ? address?.port : 0;
  fence = await openFence(`http://127.0.0.1:${port}`);
});
afterEach(async () => {
  await fence[Symbol.asyncDispose]();
  store.close();
});

/** What comes of a GET through the fence's proxy, in absolute form as Go's client sends it. */
function viaProxy(url: string): Promise<string> {
  const { hostname, port } = new URL(fence.proxy);
  return new Promise((resolve, reject) => {
    request({ host: hostname, port, path: url, headers: { host: new URL(url).host } }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve(`${answer.statusCode} ${text}`));
    })
      .on('error', reject)
      .end();
  });
}

function viaTunnel(target: string): Promise<string> {
  const { hostname, port } = new URL(fence.proxy);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(`CONNECT ${target} HTTP/1.1\r\n\r\n`));
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(chunk.toString().split('\r\n')[0] ?? '');
    });
  });
}

it('lets the store be asked by its name, through a door that notes it', async () => {
  expect(fence.endpoint).toMatch(/^http:\/\/localhost:\d+$/);
  const answer = await fetch(`${fence.endpoint}/drill/x`);
  expect(await answer.text()).toBe('localhost /drill/x');
  expect(fence.take()).toEqual([{ host: 'localhost', answer: 'passed on' }]);
  expect(fence.take()).toEqual([]);
  await fetch(`${byAddress(fence.endpoint ?? '')}/drill/x`);
  expect(fence.take()).toEqual([{ host: '127.0.0.1', answer: 'passed on' }]);
});

it('refuses the outside and notes who was asked, once', async () => {
  expect(await viaTunnel('s3.amazonaws.com:443')).toBe('HTTP/1.1 403 Forbidden');
  expect(await viaTunnel('s3.amazonaws.com:443')).toBe('HTTP/1.1 403 Forbidden');
  expect(await viaProxy('http://169.254.169.254/latest/meta-data/')).toBe('403 ');
  // A name that only ends like the store's is another one.
  expect(await viaTunnel('notlocalhost:443')).toBe('HTTP/1.1 403 Forbidden');
  expect(fence.take()).toEqual([
    { host: 's3.amazonaws.com', answer: 'refused' },
    { host: '169.254.169.254', answer: 'refused' },
    { host: 'notlocalhost', answer: 'refused' },
  ]);
});

it('treats a bucket before the store’s name as the machine’s resolver does', async () => {
  const answer = await viaProxy(`${fence.endpoint?.replace('localhost', 'drill.localhost')}/?location=`);
  const [noted] = fence.take();
  expect(noted?.host).toBe('drill.localhost');
  expect([noted?.answer, answer]).toBeOneOf([
    ['no such host', '403 '],
    ['passed on', '200 drill.localhost /?location='],
  ]);
});

it('has no door where the store is AWS itself, and refuses all others', async () => {
  await using aws = await openFence(null);
  expect(aws.endpoint).toBeNull();
  fence = aws;
  expect(await viaTunnel('example.com:443')).toBe('HTTP/1.1 403 Forbidden');
  expect(fence.take()).toEqual([{ host: 'example.com', answer: 'refused' }]);
});
