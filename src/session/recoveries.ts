// The seven recoveries a mega test promises, one row each: how each is recognised, what is done, within which limits.
import type { FailureKind } from './failure.ts';

/** Everything that is recovered from: failed turns, and two things that happen to the whole session. */
export type TroubleKind = FailureKind | 'disk-full' | 'interrupt';

export interface Recovery {
  readonly name: string;
  readonly kinds: readonly TroubleKind[];
  /** What it is recognised by: structured evidence, never what a model wrote. */
  readonly evidence: string;
  readonly action: string;
  readonly limits: string;
}

export const RECOVERIES: readonly Recovery[] = [
  {
    name: 'Tool timeout',
    kinds: ['tool-timeout', 'stall'],
    evidence:
      'two calls of the same tool with the same arguments that ran into the agent’s limit; or no output, no tool event, no answer of a model, no CPU time and no changed file for stall_seconds',
    action: 'one is left to the agent; then the turn is stopped and the task starts again after a back-off',
    limits: 'step_timeout_secs, stall_seconds, backoff_initial_seconds to backoff_max_seconds with full jitter',
  },
  {
    name: 'LLM error',
    kinds: ['llm-error'],
    evidence:
      'answers of the gateway’s upstreams (5xx, 429, time-out, no connection, broken JSON), or exit code and error record of the agent',
    action:
      'the next model of the chain, Retry-After obeyed; when none answers the turn is stopped and tried again after a back-off; a usage window parks the session',
    limits: 'failures_to_open, cooldown_seconds, max_recovery_attempts, max_usage_windows',
  },
  {
    name: 'Parse failure',
    kinds: ['parse-failure', 'loop', 'agent-gave-up'],
    evidence: 'the agent’s own error record; calls that repeat with nothing changed; a turn it gave up',
    action: 'the task starts afresh with a changed prompt, each try another one',
    limits: 'three tries for a parse failure, else max_recovery_attempts',
  },
  {
    name: 'Disk full',
    kinds: ['disk-full'],
    evidence: 'free space below disk_floor_mb, the session above disk_space_limit_gb, or a write of ours that failed',
    action:
      'agents are frozen, an alert is raised, what is ours and can be made again is removed, then snapshots of old checkpoints; goes on by itself when space is back',
    limits: 'pause_limit_minutes without a terminal',
  },
  {
    name: 'Memory pressure',
    kinds: ['memory-pressure'],
    evidence:
      'a prompt above max_context_size at the gateway, resident memory above agent_memory_mb, or the agent’s own error record',
    action: 'the turn starts again with a compact frontier: goal, done, open, next',
    limits: 'max_context_size, agent_memory_mb, max_recovery_attempts',
  },
  {
    name: 'Process crash',
    kinds: ['process-crash', 'launch', 'harness-death'],
    evidence: 'signal or exit code of the agent’s process; an earlier life of the harness without an end',
    action: 'the workspace is saved and checked, kept or rolled back; the agent goes on from its last good state',
    limits: 'restarts_per_window, restarts_per_session, max_consecutive_errors',
  },
  {
    name: 'User interrupt',
    kinds: ['interrupt'],
    evidence: 'SIGINT, SIGTERM or SIGHUP to the harness',
    action: 'agents are stopped, everything is saved within 7 s; resume goes on from there',
    limits: '7 s in all',
  },
];

/** The row a kind of trouble belongs to; null for a configuration that no try can help. */
export function recoveryOf(kind: TroubleKind): Recovery | null {
  return RECOVERIES.find(({ kinds }) => kinds.includes(kind)) ?? null;
}
