// The facts of a session for criteria and targets: from its state, its story, and what the judge found.
import type { Config } from '../config/schema.ts';
import { type Facts, type Measured, measured, type PerformanceFact, timeOf, unknown } from '../judge/facts.ts';
import type { Judged } from '../judge/judged.ts';
import type { Session } from '../session/state.ts';
import { agentsOf } from '../session/types.ts';
import type { Ledger } from './ledger.ts';
import { endingText } from './sentences.ts';
import { figuresOf, recoveryLimitMs } from './troubles.ts';

export interface FactSources {
  readonly session: Session;
  readonly ledger: Ledger;
  readonly judged: Judged | null;
  /** What the configuration wants to be reached. */
  readonly goals: Config['project'];
}

export function factsOf({ session, ledger, judged, goals }: FactSources): Facts {
  const { plan, usage, checkpoints, measured: seen } = session;
  const facts = {
    ending: endingOf(session),
    checkpoints: { enabled: plan.checkpoints.enabled, written: checkpoints.written, failed: checkpoints.failed },
    drill: judged?.drill ?? null,
    gates: judged?.gates ?? null,
    probes: judged?.probes ?? [],
    recovery: figuresOf(ledger.troubles.failures, recoveryLimitMs(session)),
    performance: [],
    mostBugs: {
      critical: goals.target.max_bugs_critical ?? 0,
      high: goals.target.max_bugs_high ?? null,
      medium: goals.target.max_bugs_medium ?? null,
    },
    interventions: ledger.people.length,
    tokens: usage.tokensKnown ? measured(usage.tokens) : unknown('no agent has told what it used'),
    tokenBudget: plan.limits.totalTokens,
    trust: Object.fromEntries(agentsOf(session).map(({ name, trust }) => [name, trust.lowest / 1000])),
    lines: judged?.lines ?? (seen.lines === null ? unknown(seen.linesReason ?? 'not counted') : measured(seen.lines)),
    toolCalls: usage.toolCalls,
    tasksDone: usage.tasksDone,
  };
  return { ...facts, performance: performanceOf(facts, goals.performance) };
}

function endingOf({ stage }: Session): Facts['ending'] {
  if (!('ending' in stage)) return { is: 'open', text: 'not ended' };
  const text = endingText(stage.ending);
  switch (stage.ending.is) {
    case 'finish':
      return { is: 'orderly', text };
    case 'fail':
      return { is: 'fatal', text };
    case 'interrupt':
    case 'put-down':
      return { is: 'cut-short', text };
  }
}

function performanceOf(facts: Facts, goals: Config['project']['performance']): readonly PerformanceFact[] {
  const seconds = (time: Measured): Measured => (time.value === null ? time : measured(time.value / 1000));
  const running = unknown('the built program was not run');
  const all: readonly (readonly [string, string, number | undefined, Measured])[] = [
    ['build time', 's', goals.build_time_secs, seconds(timeOf(facts, 'build'))],
    ['test time', 's', goals.test_execution_time_secs, seconds(timeOf(facts, 'test'))],
    ['memory', 'MB', goals.memory_usage_mb, running],
    ['binary size', 'MB', goals.binary_size_mb, unknown('the size of the program was not measured')],
  ];
  return all.flatMap(([name, unit, target, figure]) =>
    target === undefined ? [] : [{ name, unit, target, measured: figure }],
  );
}
