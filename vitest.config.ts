// How the tests run: real processes need time on a busy machine, never sleep.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A session's end is judged by all gates, which run its tests twice; a program that was cut off half built, which
    // happens by chance, is then asked from outside for more than a minute.
    testTimeout: 300_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Vitest leaves one core to itself, which a machine of two cannot afford.
    maxWorkers: 2,
    // Sessions mostly wait; four at a time keep two cores busy.
    maxConcurrency: 4,
  },
});
