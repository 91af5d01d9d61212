import { defineConfig } from 'vitest/config';

/**
 * `unit`: our own logic, milliseconds. `drill`: real processes, real Litestream, real S3 traffic. `container`: the same
 * with a container engine; not every machine has one, so only `npm run test:container` runs it.
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
          exclude: ['harness/**/*.drill.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'drill',
          include: ['harness/**/*.drill.test.ts'],
          exclude: ['harness/**/*.container.drill.test.ts'],
          // What the tests plan with must not depend on what else this machine has.
          env: { DRILL_STORE: 'embedded' },
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // Drills measure time on the machine's cores: one at a time.
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
      {
        extends: true,
        test: {
          name: 'container',
          include: ['harness/**/*.container.drill.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
    ],
  },
});
