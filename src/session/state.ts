// The state of a session: what the core remembers between two events. Plain data, written whole into checkpoints.
import { type Agent, FRESH_WATCH, NO_COUNTS } from './agent.ts';
import { CLOCK_AT_START, type Clock } from './clock.ts';
import type { JudgedCriterion, Trigger, Verdict } from './event.ts';
import type { Look } from './looks.ts';
import type { LimitName, Plan } from './plan.ts';
import { type Change, fullTrust } from './trust.ts';

export interface Session {
  readonly plan: Plan;
  readonly incarnation: number;
  readonly clock: Clock;
  readonly stage: Stage;
  /** What is to be done in the phase, one task an entry. */
  readonly tasks: readonly Task[];
  readonly agents: Readonly<Record<string, Agent>>;
  /** Who is next in line for a turn: an index into plan.agents. */
  readonly line: number;
  readonly nextTurn: number;
  readonly usage: Usage;
  readonly trouble: Trouble;
  readonly checkpoints: CheckpointBook;
  readonly pauses: readonly Pause[];
  readonly restore: RestoreWish | null;
  /** Highest warning told for a limit, in percent. */
  readonly warned: Readonly<Partial<Record<LimitName, number>>>;
  /** Notices told already, by their keys. */
  readonly noticed: readonly string[];
  /** Scheduled faults injected so far. */
  readonly faultsDone: number;
  readonly drilled: boolean;
  /** Build and tests of checkpoints over the session, the oldest checkpoint first. */
  readonly quality: readonly Quality[];
  /** Checkpoints that are still to be looked at, the oldest first. */
  readonly looks: readonly Look[];
  /** The success criteria of phases that are over, as far as they were judged. */
  readonly criteria: readonly PhaseCriterion[];
  /** Number of the first checkpoint that holds all that turns have left: the next one when the last of them was over. */
  readonly standsFrom: number;
  /** Who changed the code since somebody last looked at it while nobody worked. */
  readonly changes: readonly Change[];
  /** What the last look at the code found wrong. */
  readonly findings: readonly string[];
  /** What was last measured; null until then. */
  readonly measured: Measured;
  readonly pauseLimitMs: number | null;
  readonly random: number;
}

/**
 *   working ──phase over──► closing ──quiet, checkpoint──► working (next phase) … ──last──► wrapping-up
 *   any ──stop, budget, deadline, signal, pause limit──► wrapping-up ──quiet, checkpoint──► judging ──► reporting ──► done
 *   working ──restore asked──► restoring ──quiet, saved, restored──► working
 */
export type Stage =
  | { readonly is: 'created' }
  | { readonly is: 'working'; readonly phase: number }
  /** The phase's time is up; turns may finish until the grace ends on the phase clock. */
  | { readonly is: 'closing'; readonly phase: number; readonly graceEndsMs: number; readonly checkpoint: Due }
  | { readonly is: 'restoring'; readonly phase: number; readonly checkpoint: Due; readonly asked: boolean }
  | { readonly is: 'wrapping-up'; readonly phase: number; readonly ending: Ending; readonly checkpoint: Due }
  | { readonly is: 'judging'; readonly phase: number; readonly ending: Ending; readonly sinceMs: number }
  | { readonly is: 'reporting'; readonly phase: number; readonly ending: Ending; readonly verdict: Verdict | null }
  | { readonly is: 'done'; readonly phase: number; readonly ending: Ending; readonly verdict: Verdict | null };

/** How far the checkpoint is without which a stage does not end. */
export type Due = 'to-do' | 'done' | { readonly asked: number };

/** A restore that was asked for and has not succeeded or failed yet; it outlives a crash of the harness. */
export interface RestoreWish {
  readonly number: number;
  readonly by: string;
  readonly rewindClock: boolean;
  /** The workspace may be half restored: no checkpoint is taken of it until the restore is over. */
  readonly begun: boolean;
}

/** Why a session ends, and what that means for its status and exit code (see words.ts). */
export type Ending =
  | { readonly is: 'finish'; readonly because: 'schedule' | 'stop' | 'budget' | 'deadline'; readonly text: string }
  | {
      readonly is: 'interrupt';
      readonly signal: 'INT' | 'TERM' | 'HUP';
      readonly again: boolean;
      readonly sinceMs: number;
    }
  | { readonly is: 'put-down'; readonly because: 'pause-limit'; readonly text: string }
  | { readonly is: 'fail'; readonly text: string };

/** One objective or open item given to one agent at a time. */
export interface Task {
  readonly id: number;
  readonly text: string;
  readonly state: 'open' | 'taken' | 'done' | 'set-aside';
  /** Turns on it that ended well and changed nothing; the second sets it aside. */
  readonly fruitless: number;
}

/** Totals of the session; they never go down, whatever is restored. */
export interface Usage {
  /** Tokens that count: the gateway's where the session is metered, else those the agents tell. */
  readonly tokens: number;
  /** False until somebody has told a figure: then tokens are unknown, not 0. */
  readonly tokensKnown: boolean;
  /** Tokens as the agents tell them; beside the gateway's figure they show the drift. */
  readonly agentTokens: number;
  readonly modelCalls: number;
  /** Calls that failed or were cut. */
  readonly modelFailures: number;
  /** Calls whose tokens were estimated. */
  readonly estimatedCalls: number;
  /** Cost of the calls whose price is known. */
  readonly costUsd: number;
  /** Calls that used tokens at an unknown price; while there are any, the cost is not known. */
  readonly unpricedCalls: number;
  readonly switches: number;
  readonly windows: number;
  readonly toolCalls: number;
  readonly turns: number;
  readonly tasksDone: number;
  readonly failures: number;
  readonly recoveries: number;
  readonly agentErrors: number;
  readonly garbageBytes: number;
}

/** Failures since the last verified progress. */
export interface Trouble {
  readonly inARow: number;
  readonly attempts: Readonly<Record<string, number>>;
  /** Agents that failed and have not shown progress since. */
  readonly open: readonly string[];
  /** The session was gone on with after an end or a crash of the harness, and nothing was achieved since. */
  readonly unproven: boolean;
}

export interface CheckpointBook {
  readonly next: number;
  readonly inFlight: { readonly number: number; readonly trigger: Trigger; readonly askedMs: number } | null;
  /** One that came due while another was being written. */
  readonly wanted: Trigger | null;
  readonly last: { readonly number: number; readonly workingMs: number } | null;
  /** Working time, tool calls and tokens at the last one asked for: what the triggers measure from. */
  readonly since: { readonly workingMs: number; readonly toolCalls: number; readonly tokens: number };
  readonly written: number;
  readonly failed: number;
}

export interface Pause {
  readonly because: 'person' | 'failure' | 'disk' | 'window';
  readonly text: string;
  readonly sinceMs: number;
  /** When it ends by itself, on the awake clock; null: when its cause is gone. */
  readonly untilMs: number | null;
}

/** One point of the quality curve. */
export interface Quality {
  readonly checkpoint: number;
  readonly workingMs: number;
  /** Taken while nobody worked. */
  readonly settled: boolean;
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  readonly tests: number | null;
  readonly failed: number | null;
}

/** A success criterion of a phase: what it came to at the phase's end, and when it was met after all. */
export interface PhaseCriterion extends JudgedCriterion {
  readonly checkpoint: number;
  /** Checkpoint at which it was met later; null: not yet, or at once. */
  readonly metAt: number | null;
}

/** The best state known: green, with the most tests; the newest of equals. Null: none was green. */
export function bestOf({ quality }: Session): Quality | null {
  return quality.reduce<Quality | null>((best, one) => {
    if (one.verdict !== 'passed') return best;
    return best === null || (one.tests ?? 0) >= (best.tests ?? 0) ? one : best;
  }, null);
}

export interface Measured {
  readonly lines: number | null;
  readonly linesReason: string | null;
  readonly files: number | null;
  readonly diskFreeBytes: number | null;
  readonly sessionBytes: number | null;
  readonly agentRssBytes: number | null;
}

export const NO_USAGE: Usage = {
  tokens: 0,
  tokensKnown: false,
  agentTokens: 0,
  modelCalls: 0,
  modelFailures: 0,
  estimatedCalls: 0,
  costUsd: 0,
  unpricedCalls: 0,
  switches: 0,
  windows: 0,
  toolCalls: 0,
  turns: 0,
  tasksDone: 0,
  failures: 0,
  recoveries: 0,
  agentErrors: 0,
  garbageBytes: 0,
};

/** The session before its first event. */
export function created(plan: Plan): Session {
  const agents = plan.agents.map(({ name }): Agent => {
    return {
      name,
      at: { is: 'idle', retry: null },
      idleTurns: 0,
      restarts: [],
      hour: [],
      batching: false,
      watch: FRESH_WATCH,
      trust: fullTrust(plan.trust.most),
      counts: NO_COUNTS,
    };
  });
  return {
    plan,
    incarnation: 0,
    clock: CLOCK_AT_START,
    stage: { is: 'created' },
    tasks: [],
    agents: Object.fromEntries(agents.map((agent) => [agent.name, agent])),
    line: 0,
    nextTurn: 1,
    usage: NO_USAGE,
    trouble: { inARow: 0, attempts: {}, open: [], unproven: false },
    checkpoints: {
      next: 1,
      inFlight: null,
      wanted: null,
      last: null,
      since: { workingMs: 0, toolCalls: 0, tokens: 0 },
      written: 0,
      failed: 0,
    },
    pauses: [],
    restore: null,
    quality: [],
    looks: [],
    criteria: [],
    standsFrom: 1,
    changes: [],
    findings: [],
    warned: {},
    noticed: [],
    faultsDone: 0,
    drilled: false,
    measured: {
      lines: null,
      linesReason: 'not counted yet',
      files: null,
      diskFreeBytes: null,
      sessionBytes: null,
      agentRssBytes: null,
    },
    pauseLimitMs: plan.limits.pauseLimitMs,
    random: plan.seed,
  };
}

/** A state as it was saved; a part that the version which saved it did not have yet is as at the start. */
export function readBack(saved: Session): Session {
  return { ...created(saved.plan), ...saved };
}
