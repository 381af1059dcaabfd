// A rehearsal's scenario: how fast it works, and where it misbehaves in which way.
import { z } from 'zod';
import { scenarioFile } from '../../config/scenarios.ts';
import { readToml } from '../../config/toml.ts';

/** One misbehaviour, in one turn of the session, after so many tool calls of that turn. */
const ACT = z.strictObject({
  /** Number of the session's turn, from 1. */
  turn: z.int().min(1),
  after_tools: z.int().min(0).default(0),
  do: z.enum([
    'crash',
    'exit',
    'hang',
    'silence',
    'flood',
    'garbage',
    'refuse-signals',
    'daemons',
    'leak-memory',
    'tool-timeouts',
    'runaway',
    'speak-of-limits',
    'fill-disk',
    'lie-tokens',
    'lie-coverage',
    'claim-done',
    'tear-own-state',
    'leave-git-lock',
    'half-merge',
    'damage-repository',
  ]),
  /** crash: the signal; exit: what it says. */
  text: z.string().optional(),
  /** exit: the code. */
  code: z.int().min(0).max(255).default(1),
  /** flood, garbage, leak-memory, fill-disk: how much, in MB. */
  mb: z.number().min(0.000_001).max(100_000).default(1),
  /** silence: how long, in seconds. */
  seconds: z.number().min(0).max(86_400).default(1),
  /** lie-tokens: factor on what is told. */
  factor: z.number().min(0).max(1e6).default(10),
});

const SCENARIO = z.strictObject({
  /** Pause after each tool call, in ms: what makes a rehearsal last. */
  pace_ms: z.number().min(0).max(600_000).default(100),
  /** Steps of the project a turn takes at most. */
  steps_per_turn: z.int().min(1).max(100).default(1),
  /** Run the project's tests after each step, as an agent would. */
  run_tests: z.boolean().default(false),
  act: z.array(ACT).default([]),
});

export type Act = z.output<typeof ACT>;
export type Scenario = z.output<typeof SCENARIO>;

/** A shipped scenario by name, or any by path. Throws what is wrong with it. */
export function readScenario(name: string): Scenario {
  return SCENARIO.parse(readToml(scenarioFile(name, process.cwd())).value);
}
