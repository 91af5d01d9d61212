import { execFileSync } from 'node:child_process';

/** What CI systems call the same thing: GitHub, GitLab, Buildkite, CircleCI, Jenkins, Azure. The first that is set counts. */
const NAMES = {
  ciCommit: [
    'GITHUB_SHA',
    'CI_COMMIT_SHA',
    'BUILDKITE_COMMIT',
    'CIRCLE_SHA1',
    'GIT_COMMIT',
    'BUILD_SOURCEVERSION',
  ],
  ciEvent: ['GITHUB_EVENT_NAME', 'CI_PIPELINE_SOURCE', 'BUILDKITE_SOURCE', 'BUILD_REASON'],
  ciActor: [
    'GITHUB_ACTOR',
    'GITLAB_USER_LOGIN',
    'BUILDKITE_BUILD_CREATOR',
    'CIRCLE_USERNAME',
    'BUILD_REQUESTEDFOR',
  ],
  ciRun: ['CI_JOB_URL', 'BUILDKITE_BUILD_URL', 'CIRCLE_BUILD_URL', 'BUILD_URL'],
} as const;

/** Who started a run and for which commit, as the CI system says; what it does not say is left out. */
export function ciEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const found = Object.entries(NAMES).flatMap(([field, names]) => {
    const value = names.map((name) => env[name]).find((text) => text !== undefined && text !== '');
    return value === undefined ? [] : [[field, value]];
  });
  return { ...githubRun(env), ...(Object.fromEntries(found) as Record<string, string>) };
}

function githubRun({ GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID }: NodeJS.ProcessEnv) {
  if (!GITHUB_SERVER_URL || !GITHUB_REPOSITORY || !GITHUB_RUN_ID) return {};
  return { ciRun: `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}` };
}

/**
 * The commit of the checkout that a folder is a part of, with `-dirty` when a file of it was changed since; null: git
 * does not know it.
 */
export function commitOf(folder: string, { PATH, HOME }: NodeJS.ProcessEnv): string | null {
  const git = (...args: string[]): string =>
    execFileSync('git', ['--no-optional-locks', '-C', folder, ...args], {
      // Not the rest: a hook's GIT_DIR names another checkout.
      env: { PATH, HOME },
      encoding: 'utf8',
      timeout: 10_000,
      maxBuffer: 1 << 20,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    git('ls-files', '--error-unmatch', 'package.json');
    return git('describe', '--always', '--dirty', '--abbrev=40', '--exclude=*');
  } catch {
    return null; // no git, no checkout, or not one of ours
  }
}
