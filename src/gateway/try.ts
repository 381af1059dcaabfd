// What a try at an upstream is made of, and what can become of it.
import type { Account } from './account.ts';
import type { Upstream } from './facts.ts';
import type { Call, Room } from './room.ts';

export type Tried =
  /** The agent has its answer, or is gone. */
  | { readonly is: 'done' }
  /** Nothing reached the agent. `pass` gives it this error when there is no other try. */
  | {
      readonly is: 'again';
      readonly text: string;
      readonly window: boolean;
      readonly waitMs: number | null;
      readonly pass: () => void;
    };

/** What every part of a try needs. */
export interface Try {
  readonly room: Room;
  readonly call: Call;
  readonly upstream: Upstream;
  readonly account: Account;
  readonly key: string | undefined;
}

export const DONE: Tried = { is: 'done' };

export function again(one: Try, reason: string, pass: () => void, waitMs: number | null = null): Tried {
  const text = one.account.clean(reason);
  if (one.call.entry.kind === 'completion') one.room.chain.failed(one.upstream, text);
  return { is: 'again', text, window: false, waitMs, pass };
}
