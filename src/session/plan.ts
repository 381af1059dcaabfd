// What a session is to do: phases, agents, rules and limits, fixed at the start and followed by the core.

import type { FaultKind } from './event.ts';

/** A whole session's plan. Everything the core decides follows from this and from events. */
export interface Plan {
  readonly session: string;
  /** Seeds the jitter of back-off, so that the same journal always gives the same decisions. */
  readonly seed: number;
  readonly agents: readonly AgentPlan[];
  /** Agent processes at work at the same time, 1 or more. */
  readonly concurrency: number;
  readonly phases: readonly PhasePlan[];
  readonly turn: TurnRules;
  /** Waits of the stop ladder: after the interrupt, and after terminate, before the next rung. */
  readonly graces: Graces;
  /** The same when a person or the system waits for us to end: 7 s in all. */
  readonly hastyGraces: Graces;
  readonly checkpoints: CheckpointRules;
  readonly recovery: RecoveryRules;
  /** In thousandths: below `least` an agent gets no more work, above `most` its trust does not rise. */
  readonly trust: { readonly least: number; readonly most: number };
  readonly limits: Limits;
  /** The agents' calls go through our gateway: its figures count, the agents' own are shown beside them. */
  readonly metered: boolean;
  /** The chain of models, the primary first; empty where the agents call none that we know. */
  readonly models: readonly ModelPlan[];
  readonly chaos: ChaosRules;
  /** Longest time between two journalled events while anything runs: what a crash can lose of the clock. */
  readonly heartbeatMs: number;
  /** Longest time for the final gates, outside the session's duration. */
  readonly judgeMaxMs: number;
  /** Let the clock skip to the next phase when no agent has anything open and its light gates passed. */
  readonly advanceWhenDone: boolean;
  /** Which checkpoints are built and tested beside the work. */
  readonly light: 'checkpoints' | 'phase-ends' | 'off';
}

export interface AgentPlan {
  readonly name: string;
  readonly role: string;
}

export interface ModelPlan {
  readonly name: string;
  readonly model: string;
  /** USD per million tokens; null: not known, so neither is the cost. */
  readonly promptUsdPerMillion: number | null;
  readonly completionUsdPerMillion: number | null;
  /** The day these prices are of, like 2026-05-01; null where nobody said. */
  readonly priceDate: string | null;
}

/** Faults on purpose: at their times on the phase clock, or whenever a person asks. */
export interface ChaosRules {
  readonly allowed: boolean;
  readonly schedule: readonly { readonly atMs: number; readonly fault: FaultKind; readonly agent: string | null }[];
}

export interface PhasePlan {
  readonly name: string;
  readonly durationMs: number;
  readonly objectives: readonly string[];
  readonly criteria: readonly string[];
}

export interface TurnRules {
  /** Longest turn. */
  readonly maxMs: number;
  /** No turn begins when less than this share of its phase is left (and less than 30 s). */
  readonly minShare: number;
  /** Share of the phase, and at most so many ms, that a turn may run over the phase's end. */
  readonly graceShare: number;
  readonly graceMaxMs: number;
  /** No sign of progress for so long is a stall. */
  readonly stallMs: number;
}

export interface Graces {
  readonly interruptMs: number;
  readonly terminateMs: number;
}

export interface CheckpointRules {
  readonly enabled: boolean;
  readonly intervalMs: number;
  readonly toolCalls: number;
  readonly tokens: number;
}

export type BackoffStrategy = 'fixed' | 'linear' | 'exponential';

export interface RecoveryRules {
  /** False: the first failure saves and pauses. */
  readonly auto: boolean;
  /** Tries for one failure without verified progress, then paused. */
  readonly maxAttempts: number;
  /** Failures of any kind without verified progress, then paused. */
  readonly maxConsecutive: number;
  readonly strategy: BackoffStrategy;
  readonly initialMs: number;
  readonly maxMs: number;
  /** Restart intensity: more restarts of one agent in a sliding window, or in the session, pause it. */
  readonly windowMs: number;
  readonly restartsPerWindow: number;
  readonly restartsPerSession: number;
  /** A turn that failed after so long and had changed the code counts as progress. */
  readonly progressAfterMs: number;
  /** Where nothing failed by 60 % of the session, one agent is killed to prove that recovery works. */
  readonly drill: boolean;
}

/** Limits that end or pause the session; null is "no limit". */
export interface Limits {
  readonly totalTokens: number | null;
  /** USD of the whole session; only with models whose prices are known. */
  readonly costUsd: number | null;
  readonly tokensPerAgentHour: number | null;
  readonly toolCallsPerAgentHour: number | null;
  /** Tokens of one prompt, as the gateway sees it; more, and the turn starts again with a compact frontier. */
  readonly contextTokens: number | null;
  /** Resident bytes of all agents' processes; more, and the turn starts again with a compact frontier. */
  readonly agentRssBytes: number | null;
  /** Usage windows the session waits for; the next one pauses it for a person. 0 waits for none. */
  readonly windows: number;
  readonly sessionBytes: number | null;
  /** Free bytes under which agents are frozen before a write can fail. */
  readonly diskFloorBytes: number;
  /** How long a pause may last without a terminal before the session is put down, saved. */
  readonly pauseLimitMs: number | null;
}

/** Limits that can be changed while the session runs. */
export const LIMIT_NAMES = [
  'totalTokens',
  'costUsd',
  'tokensPerAgentHour',
  'toolCallsPerAgentHour',
  'contextTokens',
  'agentRssBytes',
  'windows',
  'sessionBytes',
] as const satisfies readonly (keyof Limits)[];
export type LimitName = (typeof LIMIT_NAMES)[number];

/** Length of the whole session: the sum of its phases. */
export function durationMs(plan: Plan): number {
  return plan.phases.reduce((sum, phase) => sum + phase.durationMs, 0);
}

/** When, on the phase clock, a phase ends. */
export function phaseEndMs(plan: Plan, index: number): number {
  return plan.phases.slice(0, index + 1).reduce((sum, phase) => sum + phase.durationMs, 0);
}
