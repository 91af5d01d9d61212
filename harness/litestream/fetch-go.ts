import path from 'node:path';
import type { Fetched, FetchOrder } from './fetch.ts';
import { FetchProblem, isOnPath, runTool, type ToolRun } from './tool.ts';

/**
 * Compiles the published module. Go compares it and all that it is made of with its checksum database, unless it is told
 * not to. The 0.3 line needs a C compiler.
 */
export async function fetchWithGo(order: FetchOrder): Promise<Fetched> {
  if (!isOnPath('go', order.env)) throw new FetchProblem('there is no go on PATH');
  const run = toolRun(order);
  const module = `github.com/benbjohnson/litestream/cmd/litestream@v${order.version}`;
  await runTool('go', ['install', module], run);
  return { program: path.join(order.folder, 'litestream'), checked: await whatGoChecks(run) };
}

function toolRun({ version, folder, env, signal, limits }: FetchOrder): ToolRun {
  const settings = {
    GOBIN: folder,
    GOFLAGS: '-trimpath',
    GOWORK: 'off',
    GO111MODULE: 'on',
    // A cross compiler's settings would make a program for another machine.
    GOOS: undefined,
    GOARCH: undefined,
    ...(version.startsWith('0.3.') ? {} : { CGO_ENABLED: '0' }),
  };
  return { cwd: folder, env: { ...env, ...settings }, signal, timeoutMs: limits.buildMs };
}

async function whatGoChecks(run: ToolRun): Promise<string> {
  const answer = await runTool('go', ['env', 'GOSUMDB', 'GONOSUMDB'], run);
  const [database = '', excepted = ''] = answer.split('\n');
  if (database === 'off' || excepted !== '') {
    return `go.sum alone: GOSUMDB=${database}, GONOSUMDB=${excepted}`;
  }
  return `go against ${database.split(' ')[0]}, all modules`;
}
