// Everything that can happen in a session: one closed union. Events are in the past; they are what the journal holds.
import type { Failure, RuleAction } from './failure.ts';
import type { LimitName, Plan } from './plan.ts';

/** An event as the journal keeps it: numbered and stamped. */
export type StampedEvent = Event & Stamp;

export interface Stamp {
  /** 1, 2, 3 … without gaps over the whole session, all incarnations. */
  readonly seq: number;
  /** Monotonic milliseconds since this incarnation of the harness began. */
  readonly atMs: number;
  /** Wall time, ISO 8601, for people only: no arithmetic is done with it. */
  readonly wall: string;
}

export type Event = SessionEvent | PersonEvent | AgentEvent | ModelEvent | CheckpointEvent | WorldEvent;

export type SessionEvent =
  /** The session directory was made; the first event of every journal. */
  | { readonly type: 'session-created'; readonly plan: Plan }
  /** A life of the harness began; whatever an earlier life had running is gone. */
  | {
      readonly type: 'harness-started';
      readonly incarnation: number;
      readonly version: string;
      readonly pid: number;
      readonly pauseLimitMs: number | null;
      /** Highest number of a checkpoint on disk, known to the state or not; 0 is none. */
      readonly lastCheckpoint: number;
    }
  /** A deadline of the core has come, or the heartbeat. */
  | { readonly type: 'time-passed' }
  /** The harness did not run for a while (stopped or host asleep); nobody is to blame for that time. */
  | { readonly type: 'clock-stalled'; readonly gapMs: number }
  /** The wall deadline given by --deadline is near. */
  | { readonly type: 'deadline-came' };

export type PersonEvent =
  /** INT, TERM or HUP reached the harness. */
  | { readonly type: 'signal-received'; readonly signal: 'INT' | 'TERM' | 'HUP' }
  /** A person asked to end the session now and have it judged. */
  | { readonly type: 'stop-requested'; readonly by: string }
  | { readonly type: 'pause-requested'; readonly by: string }
  | { readonly type: 'continue-requested'; readonly by: string }
  | { readonly type: 'checkpoint-requested'; readonly by: string }
  | { readonly type: 'restore-requested'; readonly by: string; readonly number: number; readonly rewindClock: boolean }
  /** A limit was changed while the session runs; null is no limit. */
  | {
      readonly type: 'limit-changed';
      readonly by: string;
      readonly limit: LimitName;
      readonly from: number | null;
      readonly to: number | null;
      readonly why: string;
    }
  /** The context of whoever works is to be compressed: its turn starts again with a compact frontier. */
  | { readonly type: 'compress-requested'; readonly by: string }
  /** A fault is to be injected; done only where the plan allows it. */
  | { readonly type: 'fault-requested'; readonly by: string; readonly fault: FaultKind; readonly agent: string | null };

/** Faults that can be injected: into an agent's processes, into the gateway, into what our probes and clock tell. */
export const FAULT_KINDS = [
  'kill',
  'stop',
  'hang',
  'flood',
  'garbage',
  'rate-limit',
  'server-error',
  'model-hang',
  'cut-stream',
  'malformed',
  'slow-first-byte',
  'small-disk',
  'memory',
  'clock-step',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Who an agent event is about; one with a turn that is not the agent's own is stale and changes no state but usage. */
interface OfTurn {
  readonly agent: string;
  readonly turn: number;
}

export type AgentEvent =
  | (OfTurn & {
      readonly type: 'agent-started';
      readonly pid: number;
      /** Start time of the process in kernel ticks since boot: with pid and boot id its identity. */
      readonly startTicks: number | null;
      readonly mode: 'fresh' | 'resumed';
    })
  | (OfTurn & { readonly type: 'agent-start-failed'; readonly failure: Failure })
  /** Output came or files changed: a sign of life, reported now and then. */
  | (OfTurn & { readonly type: 'agent-active'; readonly outputBytes: number })
  /** The agent named its own task, which `resume` wants. */
  | (OfTurn & { readonly type: 'task-named'; readonly task: string })
  | (OfTurn & { readonly type: 'agent-stepped'; readonly step: number })
  | (OfTurn & {
      readonly type: 'tool-called';
      readonly tool: string;
      readonly ok: boolean;
      /** The same tool with the same arguments has the same fingerprint; absent where the agent does not tell. */
      readonly call?: string;
    })
  /** A tool call ran into its own time limit; the agent goes on by itself. */
  | (OfTurn & { readonly type: 'tool-timed-out'; readonly tool: string; readonly call: string })
  | (OfTurn & {
      readonly type: 'tokens-used';
      readonly total: number;
      /** The two parts where the agent tells them; null where it tells only the sum. */
      readonly prompt: number | null;
      readonly completion: number | null;
      readonly source: 'agent';
    })
  /** The agent itself reported an error and went on. */
  | (OfTurn & { readonly type: 'agent-erred'; readonly about: string; readonly text: string })
  /** Output that is not in the agent's own format. */
  | (OfTurn & { readonly type: 'garbage-seen'; readonly bytes: number })
  /** The agent says it is done; never believed. */
  | (OfTurn & { readonly type: 'completion-claimed' })
  | (OfTurn & {
      readonly type: 'agent-exited';
      readonly code: number | null;
      readonly signal: string | null;
      /** Null: the turn ended well as far as exit and output tell. */
      readonly failure: Failure | null;
    })
  /** What the turn did to the workspace, measured by us. */
  | (OfTurn & { readonly type: 'turn-measured'; readonly changed: boolean; readonly files: number })
  /** The project changed while the turn runs: looked at only while progress is waited for. */
  | (OfTurn & { readonly type: 'progress-seen'; readonly files: number })
  /** The workspace was saved and checked after a failed turn, the agent's own state verified. */
  | (OfTurn & {
      readonly type: 'agent-recovered';
      readonly workspace: 'kept' | 'rolled-back';
      readonly reason: string;
      /** Checkpoint that something was restored from, if any was needed. */
      readonly checkpoint: number | null;
      /** The agent's own task that can be resumed, if its state is sound. */
      readonly task: string | null;
      readonly changed: boolean;
    })
  /** Even restoring failed: nothing good is left to go on from. */
  | (OfTurn & { readonly type: 'agent-unrecoverable'; readonly reason: string });

/** What the gateway between the agents and their models saw. */
export type ModelEvent =
  /** One call is over: answered, failed, cut off, or refused by the gateway itself. */
  | (OfTurn & {
      readonly type: 'model-called';
      /** Name of the row in the chain of models. */
      readonly upstream: string;
      readonly asked: string;
      readonly answered: string | null;
      /** HTTP status; null: there was no answer. */
      readonly status: number | null;
      readonly outcome: 'answered' | 'failed' | 'cut' | 'refused';
      readonly prompt: number;
      readonly completion: number;
      /** reported: by the model's server; estimated: by counting the text that was seen. */
      readonly source: 'reported' | 'estimated';
      /** Null: the price is not known. */
      readonly costUsd: number | null;
      readonly firstByteMs: number | null;
      readonly tookMs: number;
      readonly injected: boolean;
      readonly text: string | null;
    })
  | (OfTurn & {
      readonly type: 'model-switched';
      readonly from: string;
      readonly to: string;
      readonly reason: string;
    })
  /** The model's owner says when it answers again: a usage window. */
  | (OfTurn & {
      readonly type: 'window-closed';
      readonly upstream: string;
      readonly waitMs: number;
      readonly text: string;
    })
  /** What is left of the budget cannot pay for the call, which waits until its turn is stopped. */
  | (OfTurn & { readonly type: 'model-unaffordable'; readonly needs: number; readonly tokensLeft: number })
  /** No model of the chain answers, after all tries of the gateway. */
  | (OfTurn & {
      readonly type: 'models-exhausted';
      readonly text: string;
      readonly injected: boolean;
      /** Set by a rule of the configuration that matched. */
      readonly action?: RuleAction;
    });

/** Why a checkpoint was written. */
export type Trigger =
  | 'start'
  | 'interval'
  | 'tool-calls'
  | 'tokens'
  | 'phase-end'
  /** Nobody has anything open: looked at before the clock skips to the next phase. */
  | 'standstill'
  | 'request'
  | 'pause'
  | 'stop'
  | 'end';

export type CheckpointEvent =
  /** The checkpoint is on disk, whole and fsynced: from now on it counts. */
  | {
      readonly type: 'checkpoint-written';
      readonly number: number;
      readonly trigger: Trigger;
      readonly sha256: string;
      readonly commit: string;
      readonly files: number;
      readonly bytes: number;
      readonly tookMs: number;
    }
  | { readonly type: 'checkpoint-failed'; readonly number: number; readonly trigger: Trigger; readonly reason: string }
  | {
      readonly type: 'checkpoint-restored';
      readonly number: number;
      readonly by: string;
      readonly rewindClock: boolean;
      /** The phase clock of the checkpoint, for --rewind-clock. */
      readonly phaseClockMs: number;
      /** The checkpoint that was asked for when it was damaged and an older one had to do. */
      readonly insteadOf: number | null;
    }
  /** The snapshots of these are given up for want of space; told before anything is removed. Their files stay. */
  | { readonly type: 'checkpoints-thinned'; readonly numbers: readonly number[] }
  | { readonly type: 'restore-failed'; readonly number: number; readonly reason: string; readonly touched: boolean };

export type WorldEvent =
  /** Disk and memory were looked at. A figure that could not be had is null. */
  | {
      readonly type: 'probed';
      readonly diskFreeBytes: number | null;
      readonly sessionBytes: number | null;
      readonly agentRssBytes: number | null;
      /** False: what we have to write waits for the disk, however much space it says is free. */
      readonly writable: boolean;
    }
  /** A write of our own failed for want of space. */
  | { readonly type: 'disk-filled'; readonly path: string }
  /** Lines of code were counted. */
  | {
      readonly type: 'code-counted';
      readonly lines: number | null;
      readonly files: number;
      readonly reason: string | null;
    }
  /** A fault was injected by chaos or the recovery drill; what follows from it is none of the agent's. */
  | {
      readonly type: 'fault-injected';
      readonly fault: FaultKind;
      readonly agent: string | null;
      readonly turn: number | null;
      readonly by: string;
    }
  /** Something of ours that can be made again was removed for want of space. */
  | { readonly type: 'disk-freed'; readonly bytes: number; readonly what: string }
  /** Build and tests of a checkpoint, measured beside the work. */
  | {
      readonly type: 'quality-measured';
      readonly checkpoint: number;
      /** Working time at the checkpoint. */
      readonly workingMs: number;
      /** Nobody was at work when it was taken: what it holds was left so by whoever worked before. */
      readonly settled: boolean;
      readonly verdict: 'passed' | 'failed' | 'inconclusive';
      readonly text: string;
      readonly tests: number | null;
      readonly failed: number | null;
      /** The worst findings, for the next turns. */
      readonly open: readonly string[];
      /** What success criteria of phases came to; empty but at a phase's end. */
      readonly criteria: readonly JudgedCriterion[];
    }
  /** The last state is not green, the best one known is: project/ holds the latter now, and it is what is judged. */
  | { readonly type: 'best-delivered'; readonly checkpoint: number; readonly last: number }
  | { readonly type: 'judged'; readonly verdict: Verdict }
  | { readonly type: 'report-written' };

/** One success criterion of a phase, judged at its end, or again at the end of a later one. */
export interface JudgedCriterion {
  /** Index of the phase it belongs to. */
  readonly phase: number;
  readonly text: string;
  readonly verdict: Verdict['critical'];
  readonly evidence: string;
}

/** What the judge says: enough for the exit code; the rest is in final_report.json. */
export interface Verdict {
  readonly critical: 'passed' | 'failed' | 'inconclusive';
  readonly text: string;
}
