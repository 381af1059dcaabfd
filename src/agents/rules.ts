// The rules of the configuration: a pattern on the evidence of a failure, and what is to be done when it matches.
import { Script } from 'node:vm';
import type { Config } from '../config/schema.ts';
import type { Failure, RuleAction } from '../session/failure.ts';

type ErrorHandling = Config['error_handling'];

/** Longest search of one pattern, in ms: some patterns never end on some texts. */
const LIMIT_MS = 50;
/** Evidence is cut to so many characters before it is searched. */
const TEXT_LIMIT = 4_000;

const SEARCH = new Script('new RegExp(pattern, "iu").test(text)');

/**
 * The failure, with the action of the first rule that matches its evidence. Evidence is structured: the agent's own
 * error records and what the gateway answered, never what a model wrote or a tool printed.
 */
export function ruled(failure: Failure, { rules, classification }: ErrorHandling): Failure {
  const action = actionFor([...(failure.evidence ?? []), failure.text].join('\n'), rules);
  if (action !== null) return { ...failure, action };
  return classification === 'manual' && rules.length > 0 ? { ...failure, action: 'pause_and_alert' } : failure;
}

/** The action of the first rule that matches; null when none does. */
export function actionFor(evidence: string, rules: ErrorHandling['rules']): RuleAction | null {
  const text = evidence.slice(0, TEXT_LIMIT);
  return rules.find(({ pattern }) => matches(pattern, text))?.action ?? null;
}

/** A pattern that takes too long matches nothing. */
function matches(pattern: string, text: string): boolean {
  try {
    return SEARCH.runInNewContext({ pattern, text }, { timeout: LIMIT_MS }) === true;
  } catch {
    return false;
  }
}
