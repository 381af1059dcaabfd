// How the harness talks to a coding agent, whatever its kind: how it is started, what its output means, how it ended.
import type { Exit, Launch } from '../process/launch.ts';
import type { Failure } from '../session/failure.ts';

/** One kind of agent. Everything here is pure but `savedTask`, which reads the agent's own files. */
export interface AgentAdapter {
  readonly kind: 'selfware' | 'command' | 'rehearsal';
  /** What the program calls itself, like "selfware 0.6.7". */
  readonly version: string;
  /** Does it tell what it spends? If not, tokens are unknown (null), never 0. */
  readonly tellsTokens: boolean;
  /** What the prompt says about committing: some agents do not end a turn whose every change is committed. */
  readonly commitRule: string;
  /** Environment variable in which it looks for the endpoint's key; null: none is given to it. */
  readonly keyVariable: string | null;
  /** Graces of the stop ladder that let this agent save its own state. */
  readonly graces: { readonly interruptMs: number; readonly terminateMs: number };
  /** Names directly below the agent's home that hold its resumable state: what a checkpoint keeps. */
  readonly savedNames: readonly string[];
  launch(spec: TurnSpec): Launch;
  reader(): OutputReader;
  /** What the end of a turn means; null when it ended well. */
  failureOf(exit: Exit, seen: Seen): Failure | null;
  /** The task that can be resumed, if the agent's own state of it is there and whole. */
  savedTask(home: string, task: string): SavedTask | null;
  /** The newest task whose state was written since a time (ms since the epoch): how a silent agent's task is found. */
  newTask(home: string, sinceMs: number): SavedTask | null;
  /** What the agent's saved state says about a task, finished or not; null when it is not there or not whole. */
  stateOf(home: string, task: string): SavedTask | null;
  /** Are the tool calls of a fresh or resumed turn told by the saved state alone, not by the output? */
  toolsInState(resumed: boolean): boolean;
}

/** Everything a turn needs, with absolute paths. */
export interface TurnSpec {
  readonly project: string;
  readonly home: string;
  /** The agent's settings file (selfware.toml). */
  readonly config: string;
  /** The prompt as a file; it is also what standard input holds. */
  readonly promptFile: string;
  /** The agent's own task to go on with; null begins with the prompt. */
  readonly resume: string | null;
  readonly maxMs: number;
  /** How much the agent shall log, if it can be told. */
  readonly logLevel: string;
  /** Tokens left in the session's budget; null is no limit. */
  readonly tokensLeft: number | null;
  /** Its model's endpoint and key when its calls go through our gateway. */
  readonly model: { readonly endpoint: string; readonly key: string } | null;
}

/** Turns output into signals, chunk by chunk. It sees bytes and keeps what is left of a line. */
export interface OutputReader {
  push(stream: 'out' | 'err', chunk: Buffer): readonly Signal[];
  /** The last unfinished lines. */
  end(): readonly Signal[];
  seen(): Seen;
}

/** What the agent's own records said about its end: evidence, not belief. */
export interface Seen {
  /** Its own reason for stopping, like REAL_EDIT or "error: …". */
  readonly stopReason: string | null;
  /** Its last error in its own words, cut to a few hundred characters. */
  readonly error: string | null;
  /** The error it tried to go on from, with no call that succeeded since; null where it does not tell. */
  readonly unsolved: string | null;
}

export type Signal =
  | { readonly is: 'step'; readonly step: number }
  | {
      readonly is: 'tool';
      readonly tool: string;
      readonly ok: boolean;
      /** The same tool with the same arguments has the same fingerprint. */
      readonly call?: string;
    }
  /** Tokens of one call, to be added up. */
  | { readonly is: 'tokens'; readonly prompt: number; readonly completion: number }
  /** Tokens of the whole task so far, earlier segments included, as the agent itself sums them up. */
  | { readonly is: 'task-tokens'; readonly total: number }
  | { readonly is: 'task'; readonly task: string }
  | { readonly is: 'error'; readonly about: string; readonly text: string }
  | { readonly is: 'garbage'; readonly bytes: number }
  | { readonly is: 'claim' };

export interface SavedCall {
  readonly tool: string;
  readonly ok: boolean;
  /** The same tool with the same arguments has the same fingerprint. */
  readonly call: string;
  /** It ran into the agent's time limit for one call. */
  readonly timedOut: boolean;
}

/** The agent's own saved state, verified. */
export interface SavedTask {
  readonly task: string;
  readonly status: string;
  readonly steps: number;
  /** Tokens over all its segments, where the agent keeps count. */
  readonly tokens: number | null;
  /** All tool calls over all its segments. */
  readonly tools: readonly SavedCall[];
}
