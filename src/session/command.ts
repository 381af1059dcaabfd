// Everything the core can ask of the world: one closed union. Commands are in the imperative; answers are events.

import type { Rung, Turn } from './agent.ts';
import type { FaultKind, Trigger } from './event.ts';
import type { Failure } from './failure.ts';

export type Command =
  | { readonly type: 'start-agent'; readonly agent: string; readonly turn: Turn }
  /** One rung of the stop ladder, to the whole process tree of the turn. */
  | { readonly type: 'signal-agent'; readonly agent: string; readonly turn: number; readonly rung: Rung }
  /** Stop and later continue the tree without ending it: a pause. */
  | { readonly type: 'freeze-agent'; readonly agent: string; readonly turn: number }
  | { readonly type: 'thaw-agent'; readonly agent: string; readonly turn: number }
  | { readonly type: 'measure-turn'; readonly agent: string; readonly turn: number }
  | { readonly type: 'recover-agent'; readonly agent: string; readonly turn: Turn; readonly failure: Failure }
  | { readonly type: 'write-checkpoint'; readonly number: number; readonly trigger: Trigger }
  | { readonly type: 'restore-checkpoint'; readonly number: number; readonly by: string; readonly rewindClock: boolean }
  /** Tell those who work something without stopping them: a file in the workspace that no snapshot keeps. */
  | { readonly type: 'write-notice'; readonly text: string }
  | {
      readonly type: 'inject-fault';
      readonly fault: FaultKind;
      readonly agent: string | null;
      readonly turn: number | null;
      readonly by: string;
    }
  /** Remove what is ours and can be made again. */
  | { readonly type: 'free-disk' }
  /** Remove the snapshots of checkpoints that were given up. */
  | { readonly type: 'thin-snapshots'; readonly numbers: readonly number[] }
  | { readonly type: 'judge'; readonly maxMs: number }
  | { readonly type: 'write-report' }
  /** Tell people: log, terminal, later webhooks. */
  | { readonly type: 'alert'; readonly text: string };
