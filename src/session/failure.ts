// What can go wrong with an agent's turn, and what is done about each kind: one row a kind.

/** The kinds of failure; each has exactly one row in POLICIES. */
export type FailureKind =
  | 'process-crash'
  | 'agent-gave-up'
  | 'stall'
  | 'tool-timeout'
  | 'llm-error'
  | 'parse-failure'
  | 'memory-pressure'
  | 'loop'
  | 'launch'
  | 'configuration'
  | 'harness-death';

/** What a rule of the configuration asks for instead of the kind's own row. */
export type RuleAction =
  | 'retry_immediate'
  | 'retry_with_backoff'
  | 'retry_with_modification'
  | 'pause_and_alert'
  | 'compress_and_retry';

/** One failure of one turn, as a fact. */
export interface Failure {
  readonly kind: FailureKind;
  /** Same key, same failure: what the attempt counter counts. */
  readonly key: string;
  /** One sentence for people; agent text in it is cut and cleaned before it gets here. */
  readonly text: string;
  /** Set by a rule of the configuration that matched. */
  readonly action?: RuleAction;
  /** The structured records it was seen in, a few lines at most. */
  readonly evidence?: readonly string[];
}

export interface Policy {
  /** What a person reads in the report and in `config show`. */
  readonly action: string;
  /** Try again at all? If not, the session pauses for a person at once. */
  readonly retry: boolean;
  /** Wait before the next try: none, or the configured back-off. */
  readonly delay: 'none' | 'back-off';
  /** Does it count against attempts and restart intensity? */
  readonly counts: boolean;
  /** Go on with the agent's own saved state, begin the task afresh, or afresh with the compact frontier alone. */
  readonly next: 'resume' | 'fresh' | 'compact';
  /** Put into the next prompt, so that each try differs from the last; the last hint stays. */
  readonly hints: readonly string[];
  /** Tries of its own; null: those of the plan. */
  readonly tries: number | null;
}

const TRIED: Omit<Policy, 'action'> = {
  retry: true,
  delay: 'back-off',
  counts: true,
  next: 'resume',
  hints: [],
  tries: null,
};

export const POLICIES: Readonly<Record<FailureKind, Policy>> = {
  'process-crash': {
    ...TRIED,
    action: 'save and check the workspace, restore the agent from its last good state, start it again',
  },
  'agent-gave-up': {
    ...TRIED,
    action: 'start the task afresh with the reason it gave',
    next: 'fresh',
    hints: [
      'The previous attempt at this task ended without success. Look at what is there, then take a smaller step.',
    ],
  },
  stall: { ...TRIED, action: 'stop the turn and start the task again' },
  'tool-timeout': {
    ...TRIED,
    action: 'one is left to the agent; after two of the same call stop the turn and start the task again',
    next: 'fresh',
    hints: [
      'A tool call ran into its time limit twice. Do not repeat it as it was: run less at once, or in the background.',
    ],
  },
  'llm-error': {
    ...TRIED,
    action: 'the gateway tries the next model; when none answers, stop the turn, wait and try again',
  },
  'parse-failure': {
    ...TRIED,
    action: 'try again with a changed prompt, three times, each different',
    next: 'fresh',
    hints: [
      'An earlier answer could not be parsed. Use exactly the tool-call format you were given, one call at a time.',
      'Two answers could not be parsed. Make one tool call an answer, with short arguments and no other text around it.',
      'Three answers could not be parsed. Write files in small pieces, and avoid quotes and brackets nested in arguments.',
    ],
    tries: 3,
  },
  'memory-pressure': {
    ...TRIED,
    action: 'compress the context: start the turn again with a compact frontier (goal, done, open, next)',
    next: 'compact',
    hints: [
      'The previous attempt ran out of memory or context. Keep outputs short and avoid reading large files whole.',
    ],
  },
  loop: {
    ...TRIED,
    action: 'a notice first; when it goes on in circles, a fresh turn',
    next: 'fresh',
    hints: ['The previous attempt went in circles. Do not repeat its last calls; take another way, or another step.'],
  },
  launch: { ...TRIED, action: 'wait and start it again' },
  configuration: {
    ...TRIED,
    action: 'pause for a person: trying again cannot help',
    retry: false,
    delay: 'none',
    next: 'fresh',
  },
  'harness-death': {
    ...TRIED,
    action: 'end what was left over, check the workspace, restore the agent and go on',
    delay: 'none',
    counts: false,
  },
};

/** The row for one failure: its kind's, as changed by the rule that matched. */
export function policyOf({ kind, action }: Failure): Policy {
  const own = POLICIES[kind];
  switch (action) {
    case 'retry_immediate':
      return { ...own, retry: true, delay: 'none' };
    case 'retry_with_backoff':
      return { ...own, retry: true, delay: 'back-off' };
    case 'retry_with_modification':
      return { ...POLICIES['parse-failure'], counts: own.counts };
    case 'pause_and_alert':
      return { ...own, retry: false };
    case 'compress_and_retry':
      return { ...POLICIES['memory-pressure'], counts: own.counts };
    default:
      return own;
  }
}

/** The same failure so often is not transient: from here on the agent's own saved state is part of the suspicion. */
export const NOT_TRANSIENT = 3;

/** What the try after `tries` same failures begins with. */
export function nextTry(failure: Failure, tries: number): Pick<Policy, 'next'> & { readonly hint: string | null } {
  const policy = policyOf(failure);
  const hint = policy.hints[Math.min(tries, policy.hints.length) - 1] ?? null;
  if (tries < NOT_TRANSIENT || policy.next !== 'resume') return { next: policy.next, hint };
  return {
    next: 'fresh',
    hint: hint ?? `This failed ${tries} times in the same way: ${failure.text}. Take another way.`,
  };
}
