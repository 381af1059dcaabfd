// Options of the judge: when it looks, what it may use, and the figures the result is held against.
import { z } from 'zod';
import { count, number, share, words } from './value-kinds.ts';

export const judge = z.strictObject({
  max_minutes: number(0.1, 1440).default(30).describe('Time for the final gates, after the last phase'),
  light: z
    .enum(['checkpoints', 'phase-ends', 'off'])
    .default('checkpoints')
    .describe('Build and test checkpoints beside the work, for the quality curve and the best state'),
  deliver: z
    .enum(['last', 'best'])
    .default('last')
    .describe(
      'What project/ holds at the end: the last state, or the best one known where the last is not green and that is',
    ),
  light_from_minutes: number(0, 1440).default(5).describe('Looks and mutants only in sessions of so many minutes'),
  light_max_load: number(0.1, 1000)
    .default(2)
    .describe('Load a core above which checkpoints between phases are not looked at'),
  memory_limit_mb: count(64, 1e7).default(8192).describe('Memory that one judged command may take, in MiB'),
  output_limit_mb: count(1, 1e5).default(64).describe('What one judged command may print, in MiB'),
  disk_limit_mb: count(16, 1e7).default(4096).describe('What one judged command may write, in MiB'),
  mutants: count(0, 100).default(8).describe('Small faults put into the code, for its tests to notice; 0: none'),
  mutant_share: number(0.01, 0.5).default(0.2).describe('Share of the judge’s time that they may take, 0.01 to 0.5'),
  build_command: words.default([]).describe('argv that builds the project; empty: what its ecosystem does'),
  test_command: words.default([]).describe('argv that runs its tests; empty: what its ecosystem does'),
  lint_command: words.default([]).describe('argv that lints it; empty: what its ecosystem does'),
});

export const project = z.strictObject({
  target: z
    .strictObject({
      lines_of_code: count(1, 1e8).optional().describe('Lines of code to reach'),
      test_coverage: share.optional().describe('Test coverage to reach'),
      documentation_coverage: share.optional().describe('Documentation coverage to reach'),
      max_bugs_critical: count(0, 1e6).optional().describe('Critical bugs that may stay'),
      max_bugs_high: count(0, 1e6).optional().describe('High bugs that may stay'),
      max_bugs_medium: count(0, 1e6).optional().describe('Medium bugs that may stay'),
    })
    .prefault({}),
  performance: z
    .strictObject({
      build_time_secs: number(0, 1e6).optional().describe('Build time to reach, in seconds'),
      test_execution_time_secs: number(0, 1e6).optional().describe('Test time to reach, in seconds'),
      memory_usage_mb: number(0, 1e9).optional().describe('Memory to stay below, in MB'),
      binary_size_mb: number(0, 1e9).optional().describe('Binary size to stay below, in MB'),
    })
    .prefault({}),
});
