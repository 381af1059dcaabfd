// What can go wrong with an agent's turn, and what is done about each kind: one row a kind.

/** The kinds of failure; each has exactly one row in POLICIES. */
export type FailureKind =
  | 'process-crash'
  | 'agent-gave-up'
  | 'stall'
  | 'llm-error'
  | 'parse-failure'
  | 'memory-pressure'
  | 'launch'
  | 'configuration'
  | 'harness-death';

/** One failure of one turn, as a fact. */
export interface Failure {
  readonly kind: FailureKind;
  /** Same key, same failure: what the attempt counter counts. */
  readonly key: string;
  /** One sentence for people; agent text in it is cut and cleaned before it gets here. */
  readonly text: string;
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
  /** Go on with the agent's own saved state, or begin the task afresh. */
  readonly next: 'resume' | 'fresh';
  /** Put into the next prompt, so that the next try differs from the last. */
  readonly hint: string | null;
}

export const POLICIES: Readonly<Record<FailureKind, Policy>> = {
  'process-crash': {
    action: 'save and check the workspace, restore the agent from its last good state, start it again',
    retry: true,
    delay: 'back-off',
    counts: true,
    next: 'resume',
    hint: null,
  },
  'agent-gave-up': {
    action: 'start the task afresh with the reason it gave',
    retry: true,
    delay: 'back-off',
    counts: true,
    next: 'fresh',
    hint: 'The previous attempt at this task ended without success. Look at what is there, then take a smaller step.',
  },
  stall: {
    action: 'stop the turn and start the task again',
    retry: true,
    delay: 'back-off',
    counts: true,
    next: 'resume',
    hint: null,
  },
  'llm-error': {
    action: 'wait and try again',
    retry: true,
    delay: 'back-off',
    counts: true,
    next: 'resume',
    hint: null,
  },
  'parse-failure': {
    action: 'try again with a changed prompt',
    retry: true,
    delay: 'back-off',
    counts: true,
    next: 'fresh',
    hint: 'An earlier answer could not be parsed. Use exactly the tool-call format you were given, one call at a time.',
  },
  'memory-pressure': {
    action: 'start the task afresh with a short context',
    retry: true,
    delay: 'back-off',
    counts: true,
    next: 'fresh',
    hint: 'The previous attempt ran out of memory. Keep outputs short and avoid reading large files whole.',
  },
  launch: {
    action: 'wait and start it again',
    retry: true,
    delay: 'back-off',
    counts: true,
    next: 'resume',
    hint: null,
  },
  configuration: {
    action: 'pause for a person: trying again cannot help',
    retry: false,
    delay: 'none',
    counts: true,
    next: 'fresh',
    hint: null,
  },
  'harness-death': {
    action: 'end what was left over, check the workspace, restore the agent and go on',
    retry: true,
    delay: 'none',
    counts: false,
    next: 'resume',
    hint: null,
  },
};
