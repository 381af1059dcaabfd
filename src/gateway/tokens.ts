// The tokens of running turns: random, one a turn, looked up without telling by time how much of a guess is right.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Caller } from './facts.ts';

export class TurnTokens {
  readonly #known = new Map<string, { readonly caller: Caller; readonly hash: Buffer }>();

  /** A new token of 192 bits for a turn; an earlier one of the same agent ends. */
  issue(caller: Caller): string {
    const token = randomBytes(24).toString('base64url');
    this.#known.set(caller.agent, { caller, hash: hashOf(token) });
    return token;
  }

  /** The agent's turn is over: whatever it left running can call no more. */
  end(agent: string): void {
    this.#known.delete(agent);
  }

  readonly callerOf = (token: string): Caller | null => {
    const hash = hashOf(token);
    let found: Caller | null = null;
    // Every one is compared, and hashes of equal length: nothing shows which one was nearly right.
    for (const one of this.#known.values()) if (timingSafeEqual(one.hash, hash)) found = one.caller;
    return found;
  };
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
