import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'native/*/test/**/*.test.ts', 'bench/test/**/*.test.ts'],
          exclude: ['**/*.int.test.ts', '**/node_modules/**'],
        },
      },
      {
        // Real daemons and guests: two files at a time, for the machine may have two cores only.
        test: {
          name: 'integration',
          include: [
            'packages/*/test/**/*.int.test.ts',
            'native/*/test/**/*.int.test.ts',
            'lab/test/**/*.int.test.ts',
            'bench/test/**/*.int.test.ts',
            'test/**/*.int.test.ts',
          ],
          exclude: ['**/node_modules/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
