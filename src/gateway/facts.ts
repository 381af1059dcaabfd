// What the gateway tells and asks: its facts, who calls, what upstreams there are, what a caller may do now.

/** Whose call it is: the token of a turn names both. */
export interface Caller {
  readonly agent: string;
  readonly turn: number;
}

/** One row of the chain: an OpenAI-compatible endpoint with its model and prices. */
export interface Upstream {
  /** What facts and messages call it; unique in the chain. */
  readonly name: string;
  /** Up to and with `/v1`, http or https. */
  readonly endpoint: string;
  readonly model: string;
  /** Asked anew for every request, so that a changed key is used at once. */
  readonly keyOf: () => string | undefined;
  readonly promptUsdPerMillion: number | null;
  readonly completionUsdPerMillion: number | null;
  readonly contextTokens: number | null;
}

export interface Tokens {
  readonly prompt: number;
  readonly completion: number;
}

/** `refused`: the request itself is no good; `cut`: somebody hung up before the end. */
export type Outcome = 'answered' | 'failed' | 'cut' | 'refused';

export type GatewayFact =
  /** One request to one upstream ended; a call that fails over tells one for each try. Told before its last byte is passed. */
  | (Caller & {
      readonly is: 'called';
      readonly upstream: string;
      /** The model in the request, and in the answer. */
      readonly asked: string | null;
      readonly answered: string | null;
      readonly status: number | null;
      readonly outcome: Outcome;
      readonly prompt: number;
      readonly completion: number;
      readonly source: 'reported' | 'estimated';
      /** Null where a price is not known: unknown cost is never nothing. */
      readonly costUsd: number | null;
      readonly firstByteMs: number | null;
      readonly tookMs: number;
      /** The failure was ordered by the fault schedule, no upstream is to blame. */
      readonly injected: boolean;
      /** Why it did not end well: one clean line of at most 300 characters, never with a key in it. */
      readonly text: string | null;
    })
  /** An answer came from another upstream than the last one did. */
  | (Caller & { readonly is: 'switched'; readonly from: string; readonly to: string; readonly reason: string })
  /** The upstream's usage window is used up; it said when it opens again. */
  | (Caller & {
      readonly is: 'window-closed';
      readonly upstream: string;
      readonly waitMs: number;
      readonly text: string;
    })
  /** Every upstream failed after its tries. Told once a turn until that turn is answered again. */
  | (Caller & { readonly is: 'exhausted'; readonly text: string })
  /** What is left cannot pay for this request even alone: it waits, and will for ever unless the turn is stopped. Told once a try. */
  | (Caller & { readonly is: 'unaffordable'; readonly needs: number; readonly tokensLeft: number });

export type CalledFact = Extract<GatewayFact, { is: 'called' }>;

/**
 * What a caller may do now. `tokensLeft` must already count everything that was told; null is no limit.
 * A held request waits and is never answered with an error.
 */
export type Allowance =
  | { readonly is: 'go'; readonly tokensLeft: number | null }
  | { readonly is: 'hold'; readonly reason: string };

/** A failure made on purpose, as the agent sees it. */
export type Fault = 'rate-limit' | 'server-error' | 'hang' | 'cut-stream' | 'malformed' | 'slow-first-byte';

/** Null when a price is missing. A price of 0 is known: it costs nothing. */
export function costOf(upstream: Upstream, { prompt, completion }: Tokens): number | null {
  const { promptUsdPerMillion, completionUsdPerMillion } = upstream;
  if (promptUsdPerMillion === null || completionUsdPerMillion === null) return null;
  return (prompt * promptUsdPerMillion + completion * completionUsdPerMillion) / 1e6;
}
