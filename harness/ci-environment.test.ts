import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ciEnvironment, commitOf } from './ci-environment.ts';

test.each([
  [
    'GitHub',
    {
      GITHUB_SHA: 'a1',
      GITHUB_EVENT_NAME: 'schedule',
      GITHUB_ACTOR: 'robot',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'acme/drills',
      GITHUB_RUN_ID: '7',
    },
    {
      ciCommit: 'a1',
      ciEvent: 'schedule',
      ciActor: 'robot',
      ciRun: 'https://github.com/acme/drills/actions/runs/7',
    },
  ],
  [
    'GitLab',
    {
      CI_COMMIT_SHA: 'b2',
      CI_PIPELINE_SOURCE: 'merge_request_event',
      GITLAB_USER_LOGIN: 'ada',
      CI_JOB_URL: 'https://gitlab.example/j/1',
    },
    {
      ciCommit: 'b2',
      ciEvent: 'merge_request_event',
      ciActor: 'ada',
      ciRun: 'https://gitlab.example/j/1',
    },
  ],
  ['one that says only its commit', { CIRCLE_SHA1: 'c3', CI_COMMIT_SHA: '' }, { ciCommit: 'c3' }],
  ['none', { HOME: '/root', GITHUB_SERVER_URL: 'https://github.com' }, {}],
])('of %s', (_, env, told) => expect(ciEnvironment(env)).toEqual(told));

test('the commit is that of the checkout which the file is part of, and says when it was changed since', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drill-commit-'));
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const env = { PATH: process.env['PATH'], GIT_DIR: '/nowhere' };
    writeFileSync(path.join(folder, 'package.json'), '{}');
    expect(commitOf(folder, env)).toBeNull();
    git('init', '-q');
    git('add', '.');
    git('-c', 'user.name=a', '-c', 'user.email=a@example.test', 'commit', '-q', '-m', 'one');
    git('tag', 'v1');
    const head = git('rev-parse', 'HEAD');
    expect(commitOf(folder, env)).toBe(head);
    writeFileSync(path.join(folder, 'package.json'), '{ }');
    expect(commitOf(folder, env)).toBe(`${head}-dirty`);
    // A copy that lies in somebody else's checkout is no part of it.
    mkdirSync(path.join(folder, 'copy'));
    writeFileSync(path.join(folder, 'copy', 'package.json'), '{}');
    expect(commitOf(path.join(folder, 'copy'), env)).toBeNull();
    expect(commitOf(folder, { PATH: '/nowhere' })).toBeNull();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
