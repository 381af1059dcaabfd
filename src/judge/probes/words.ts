// The words of the acceptance probes: what is asked of the program beside which they run, and what they tell.
import { z } from 'zod';
import type { Finding, GateVerdict } from '../gate.ts';

/** Projects whose behaviour is known from outside. */
export const PROBED_TYPES = ['task_queue', 'database', 'microservices'] as const;

export type ProbedType = (typeof PROBED_TYPES)[number];

/** One component of a project, asked from outside whether it does what it promises. */
export interface ProbeResult {
  /** Its id in projects/<type>.toml. */
  readonly component: string;
  readonly name: string;
  readonly verdict: GateVerdict;
  readonly reason: string;
  /** One line a check, cleaned. */
  readonly evidence: readonly string[];
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/** What the program beside the judged one is told, as JSON in its first argument. */
export const JOB = z.strictObject({
  type: z.enum(PROBED_TYPES),
  /** Ids of those that are asked. */
  components: z.array(z.string()),
  root: z.string(),
  command: z.array(z.string()),
  scratch: z.string(),
  report: z.string(),
  /** Lines of the specification: a statement and its known result. */
  statements: z.array(z.string()),
});

export type Job = z.output<typeof JOB>;

export const CHECKED = z.strictObject({
  component: z.string().max(64),
  name: z.string().max(200),
  verdict: z.enum(['passed', 'failed', 'inconclusive']),
  text: z.string().max(2_000),
});

export type Checked = z.output<typeof CHECKED>;

/** Every check from the beginning on, and written anew after each: what was not reached in time says so. */
export const TOLD = z.strictObject({
  /** Null: it started. */
  startFailure: z.string().max(2_000).nullable(),
  checked: z.array(CHECKED).max(500),
  /** Most memory that the program was seen to take; null: it was not seen. */
  peakBytes: z.number().int().min(0).nullable(),
});

export type Told = z.output<typeof TOLD>;
