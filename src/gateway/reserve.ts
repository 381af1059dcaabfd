// How much of the budget a request may use at worst, and whether that fits beside the requests in flight.

export interface Need {
  /** Of the request's body. */
  readonly bytes: number;
  /** The longest answer the client allows; null when it did not say. */
  readonly mostTokens: number | null;
  readonly answers: number;
  /** Prompt and answer together fit into this; null when nobody told. */
  readonly contextTokens: number | null;
}

export type Fit =
  /** `mostTokens`: what the answer must be cut to; null when it may stay as it is. */
  | { readonly is: 'fits'; readonly reserved: number; readonly mostTokens: number | null }
  /** It may fit when others are done and have used less than was reserved for them. */
  | { readonly is: 'waits' }
  | { readonly is: 'never'; readonly needs: number };

/** No text that agents send has more tokens than half its bytes in JSON; usual text has a quarter. */
const TOKENS_PER_BYTE = 0.5;
/** The context of a model that nobody told the context of. */
const ASSUMED_CONTEXT_TOKENS = 131_072;
/** An answer that is not even this long is not worth its prompt. */
const SHORTEST_ANSWER_TOKENS = 256;
/** A limit we add ourselves is small enough for every model: above their context they refuse the request. */
const LONGEST_ADDED_TOKENS = 8_192;

export function worstPromptTokens({ bytes, contextTokens }: Need): number {
  return Math.min(Math.ceil(bytes * TOKENS_PER_BYTE), contextTokens ?? Infinity);
}

/** `tokensLeft`: of the budget, nothing of it reserved yet; null is no limit. `inFlight`: what is reserved. */
export function weigh(need: Need, tokensLeft: number | null, inFlight: number): Fit {
  const prompt = worstPromptTokens(need);
  const context = need.contextTokens ?? Math.max(ASSUMED_CONTEXT_TOKENS, prompt + LONGEST_ADDED_TOKENS);
  const wanted = Math.max(1, Math.min(need.mostTokens ?? context - prompt, need.contextTokens ?? Infinity));
  const all = prompt + wanted * need.answers;
  if (tokensLeft === null || all <= tokensLeft - inFlight) return { is: 'fits', reserved: all, mostTokens: null };
  if (inFlight > 0) return { is: 'waits' };
  const room = Math.floor((tokensLeft - prompt) / need.answers);
  const least = Math.min(wanted, SHORTEST_ANSWER_TOKENS);
  if (room < least) return { is: 'never', needs: prompt + least * need.answers };
  const mostTokens = Math.min(room, need.mostTokens ?? LONGEST_ADDED_TOKENS);
  return { is: 'fits', reserved: prompt + mostTokens * need.answers, mostTokens };
}
