import { defineConfig } from 'vitest/config';

/**
 * Drills that have to fail for how late something is. Where others take half of the processors the verdict is that nothing
 * was shown, which is right and not what these ask for: on two processors one more drill may run beside them, and no two.
 */
const TIMED = 'harness/{bucket-hole,frozen-litestream,host-faults,store-faults}.drill.test.ts';

/**
 * `unit`: our own logic, milliseconds. `drill`: real processes, real Litestream, real S3 traffic; `timed`: those of them that
 * are judged by time. `line05`: those of them that
 * depend on Litestream's line, on the Litestream 0.5 at DRILL_LITESTREAM_05. `package`: the packed npm package in a
 * project of its own. `browser`: the report in Chromium. `container`: with a container engine. Not every machine has them,
 * or the time, so only `npm run test:line05`, `test:package`, `test:browser` and `test:container` run them.
 *
 * One after another (`groupOrder`): what takes the whole processor must not run beside what is measured, and vitest
 * refuses projects of one group with different `maxWorkers`, which depends on the machine where we do not say it.
 */
export default defineConfig({
  test: {
    // A tool that measures recovery must not retry its own tests.
    retry: 0,
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['harness/**/*.test.ts'],
          exclude: ['harness/**/*.{drill,line05,package,browser}.test.ts'],
          testTimeout: 20_000,
          maxWorkers: '100%',
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'drill',
          include: ['harness/**/*.drill.test.ts'],
          exclude: ['harness/**/*.container.drill.test.ts', TIMED],
          // What the tests plan with must not depend on what else this machine has.
          env: { DRILL_STORE: 'embedded' },
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // A drill waits more than it works: three at a time, on two processors too.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'timed',
          include: [TIMED],
          env: { DRILL_STORE: 'embedded' },
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'line05',
          include: [
            'harness/**/*.line05.test.ts',
            'harness/{hole-at-each-position,litestream/protection,recovery/restore-fleet,recovery/slow-restore,supervisor/supervisor}.drill.test.ts',
          ],
          globalSetup: ['harness/litestream/line05-setup.ts'],
          env: { DRILL_TEST_LINE: '0.5', DRILL_STORE: 'embedded' },
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 4 },
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['harness/**/*.package.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: 1,
          sequence: { groupOrder: 5 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['harness/**/*.browser.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 7 },
        },
      },
      {
        extends: true,
        test: {
          name: 'container',
          include: ['harness/**/*.container.drill.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 6 },
        },
      },
    ],
  },
});
