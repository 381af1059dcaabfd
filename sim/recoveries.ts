// How often, and how fast, each of the seven recoveries succeeds: one kind of fault a night, many seeds.

import { figuresOf, recoveryLimitMs } from '../src/report/recovery-figures.ts';
import { NO_TROUBLES, type Troubles, troublesAfter } from '../src/report/troubles.ts';
import { RECOVERIES } from '../src/session/recoveries.ts';
import type { Session } from '../src/session/state.ts';
import type { FaultKind } from './faults.ts';
import { simulate } from './night.ts';

/** What brings each row about. */
const FAULTS_OF: Readonly<Record<string, readonly FaultKind[]>> = {
  'Tool timeout': ['agent-tool-timeouts', 'agent-hang'],
  'LLM error': ['models-exhausted'],
  'Parse failure': ['agent-parse-failure', 'agent-circles'],
  'Disk full': ['disk-low', 'session-too-large'],
  'Memory pressure': ['agent-memory', 'person-compresses'],
  'Process crash': ['agent-crash', 'agent-breaks-project'],
  'User interrupt': ['signal-int', 'signal-term'],
};

export interface Outcome {
  readonly name: string;
  readonly nights: number;
  readonly episodes: number;
  readonly recovered: number;
  /** No try was possible before the session's work ended. */
  readonly cutOff: number;
  /** Recovered, of those that were not cut off; null when there were none. */
  readonly rate: number | null;
  readonly medianSeconds: number | null;
  readonly p95Seconds: number | null;
  readonly violations: number;
}

/** `count` nights for every row of the table. */
export async function recoveries(count: number, first: number, durationMs: number): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { name, kinds } of RECOVERIES) {
    const faults = FAULTS_OF[name] ?? [];
    let violations = 0;
    let limitMs = 0;
    const failures: Troubles['failures'][number][] = [];
    for (let seed = first; seed < first + count; seed++) {
      let troubles: Troubles = NO_TROUBLES;
      let last: Session | null = null;
      const fault = faults[seed % faults.length];
      const result = await simulate({
        seed,
        durationMs,
        faults: fault === undefined ? [] : [fault],
        plain: true,
        onEvent: (session, event, before) => {
          troubles = troublesAfter(troubles, session, event, before);
          last = session;
        },
      });
      violations += result.violations.length;
      if (last !== null) limitMs = recoveryLimitMs(last);
      const own = troubles.failures.filter(({ kind }) => kinds.includes(kind));
      failures.push(...own.map((one) => ({ ...one, episode: one.episode + seed * 1_000 })));
    }
    const { episodes, recovered, cutOff, rate, medianMs, p95Ms } = figuresOf(failures, limitMs);
    const seconds = (ms: number | null) => (ms === null ? null : Math.round(ms / 1000));
    outcomes.push({
      name,
      nights: count,
      episodes,
      recovered,
      cutOff,
      rate,
      medianSeconds: seconds(medianMs),
      p95Seconds: seconds(p95Ms),
      violations,
    });
  }
  return outcomes;
}
