// For the copy of the package that `sanitize-libvirt.mjs` has built with the sanitizer.
import { fileURLToPath } from 'node:url';

export default {
  test: {
    // In threads, whose environments are torn down to the last object; processes Vitest kills.
    pool: 'threads',
    maxWorkers: 1,
    globalSetup: [fileURLToPath(new URL('./idle-threads-end.mjs', import.meta.url))],
    // What the sanitizer's own memory would decide is left out.
    exclude: ['**/*.int.test.ts', '**/memory.test.ts'],
    testTimeout: 120_000,
  },
};
