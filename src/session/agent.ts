// An agent as the core remembers it: its small state machine, its turn, what it used, whether it goes in circles.
import type { Failure } from './failure.ts';
import type { Trust } from './trust.ts';

export interface Agent {
  readonly name: string;
  readonly at: AgentState;
  /** Turns in a row that ended well and changed nothing. */
  readonly idleTurns: number;
  /** Awake times of its restarts, for the sliding window; only the last few are kept. */
  readonly restarts: readonly number[];
  /** What it used in the last hour, a minute an entry, the oldest first. */
  readonly hour: readonly MinuteOfUse[];
  /** It was told to batch its tool calls and has not come down since. */
  readonly batching: boolean;
  readonly watch: LoopWatch;
  readonly trust: Trust;
  readonly counts: AgentCounts;
}

export interface MinuteOfUse {
  /** Minute of the awake clock. */
  readonly minute: number;
  readonly tokens: number;
  readonly toolCalls: number;
}

/** What one turn did lately, as far as it may be going in circles. */
export interface LoopWatch {
  /** Fingerprints of the last calls since something changed, the newest last. */
  readonly calls: readonly string[];
  /** Steps in a row without any call. */
  readonly talk: number;
  /** Calls to the model in a row that were not answered. */
  readonly unanswered: number;
  /** The call that last ran into its time limit. */
  readonly timedOut: string | null;
  readonly nudged: boolean;
  readonly claimed: boolean;
}

export const FRESH_WATCH: LoopWatch = {
  calls: [],
  talk: 0,
  unanswered: 0,
  timedOut: null,
  nudged: false,
  claimed: false,
};

/**
 *   idle ─► starting ─► running ─► measuring ─► idle | satisfied
 *              │           │└─ stopping ─┘ └─► held ─► idle (its hour is used up)
 *              └─ failure ─┴─► recovering ─► backing-off ─► idle (with a retry)
 *   between turns ─► benched (trusted too little)
 */
export type AgentState =
  | { readonly is: 'idle'; readonly retry: Retry | null }
  /** Nothing open for it in this phase: it waits at no cost. */
  | { readonly is: 'satisfied' }
  /** Trusted too little: it gets no more work in this session. */
  | { readonly is: 'benched' }
  | {
      readonly is: 'starting';
      readonly turn: Turn;
      readonly stop: { readonly plan: StopPlan; readonly hasty: boolean } | null;
    }
  | {
      readonly is: 'running';
      readonly turn: Turn;
      readonly sinceMs: number;
      readonly progressMs: number;
      readonly endsMs: number;
      /** Frozen by a pause since then; null when it runs. */
      readonly frozenMs: number | null;
    }
  | {
      readonly is: 'stopping';
      readonly turn: Turn;
      readonly sinceMs: number;
      readonly rung: Rung;
      readonly rungEndsMs: number;
      readonly hasty: boolean;
      readonly plan: StopPlan;
    }
  | { readonly is: 'measuring'; readonly turn: Turn }
  | {
      readonly is: 'recovering';
      readonly turn: Turn;
      readonly failure: Failure;
      readonly ranMs: number;
      /** The disk took nothing: recovered again once it does, by this life of the harness or the next. */
      readonly blocked: boolean;
    }
  | { readonly is: 'backing-off'; readonly failure: Failure; readonly untilMs: number; readonly retry: Retry }
  /** It has used up its hour and waits until enough of it is past. */
  | { readonly is: 'held'; readonly because: 'tokens' | 'tool-calls'; readonly retry: Retry };

/** The rungs of the stop ladder. */
export type Rung = 'interrupt' | 'terminate' | 'kill';

/** Why a turn is being stopped, and so what follows its exit. */
export type StopPlan =
  | { readonly next: 'measure' }
  | { readonly next: 'recover'; readonly failure: Failure }
  /** Keep the turn for later: it is resumed when the session goes on. */
  | { readonly next: 'keep' }
  /** Keep it until its hour allows more. */
  | { readonly next: 'hold'; readonly because: 'tokens' | 'tool-calls' }
  /** The same task again at once, with something to heed. */
  | { readonly next: 'again'; readonly hint: string };

/** One agent process from spawn to exit, with one prompt. */
export interface Turn {
  readonly number: number;
  readonly phase: number;
  /** Task it works at; null: look for what is still open. */
  readonly task: number | null;
  readonly attempt: number;
  readonly hint: string | null;
  /** Its prompt is the compact frontier alone: goal, done, open, next. */
  readonly compact: boolean;
  /** The agent's own task to resume; null begins with a prompt. */
  readonly resume: string | null;
  /** The agent's own name for what it does now, once it told. */
  readonly named: string | null;
  /** Longest this turn may run: what the agent is told where it has a wall limit. */
  readonly maxMs: number;
}

/** A turn that is to be tried again or gone on with. */
export type Retry = Pick<Turn, 'phase' | 'task' | 'attempt' | 'hint' | 'compact' | 'resume'>;

export interface AgentCounts {
  readonly turns: number;
  readonly steps: number;
  readonly toolCalls: number;
  readonly tokens: number;
  readonly errors: number;
  readonly restarts: number;
  /** Time with a process of its own, awake. */
  readonly busyMs: number;
}

export const NO_COUNTS: AgentCounts = {
  turns: 0,
  steps: 0,
  toolCalls: 0,
  tokens: 0,
  errors: 0,
  restarts: 0,
  busyMs: 0,
};
