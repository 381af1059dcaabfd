// What an upstream's answer means: good, worth another try, a usage window that is used up, or hopeless.
import { cleaned } from '../text/clean.ts';
import { delayIn, type Headers, headerDelay } from './delays.ts';
import { errorText, isObject } from './usage.ts';

export type Meaning =
  | { readonly is: 'ok' }
  /** The next upstream may do better, or this one later. `waitMs`: how long it asked to be left alone. */
  | { readonly is: 'transient'; readonly waitMs: number | null; readonly text: string }
  | { readonly is: 'window'; readonly waitMs: number; readonly text: string }
  /** The request, or our key, is no good: it is so everywhere, and the agent must hear it. */
  | { readonly is: 'hopeless'; readonly text: string };

/** A wait as long as this is no hiccup: it is a usage window. */
export const WINDOW_MS = 10 * 60_000;

/** Our own statuses for what came back without one that can be passed on. */
const TRANSIENT = new Set([402, 408, 425, 429]);
/** Where a wait is looked for: a 500 that says "try again in 3 hours" is no usage window. */
const LIMITING = new Set([402, 403, 429, 503, 529]);

export interface AnswerHead {
  readonly status: number;
  readonly headers: Headers;
  /** The beginning of the body of an error; nothing for a good answer. */
  readonly body: string;
}

export function meaningOf({ status, headers, body }: AnswerHead, wallMs: number): Meaning {
  if (status >= 200 && status < 300) return { is: 'ok' };
  const said = words(body);
  const text = cleaned(`${status}${said === '' ? '' : `: ${said}`}`);
  const waitMs = LIMITING.has(status) ? longest(headerDelay(headers, wallMs), delayIn(said, wallMs)) : null;
  if (waitMs !== null && waitMs >= WINDOW_MS) return { is: 'window', waitMs, text };
  if (status >= 500 || TRANSIENT.has(status)) return { is: 'transient', waitMs, text };
  if (status === 401 || status === 403)
    return { is: 'hopeless', text: cleaned(`the upstream does not accept our key: ${text}`) };
  return { is: 'hopeless', text };
}

/** The message of an error body in whatever shape; the body itself when it has none. */
function words(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? errorText(value) : body;
  } catch {
    return body;
  }
}

function longest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
