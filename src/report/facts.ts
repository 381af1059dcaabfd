// The facts of a session for criteria and targets: from its state, its story, and what the judge found.
import type { Config } from '../config/schema.ts';
import { type Facts, type Measured, measured, type PerformanceFact, timeOf, unknown } from '../judge/facts.ts';
import type { Judged } from '../judge/judged.ts';
import type { Session } from '../session/state.ts';
import { agentsOf } from '../session/types.ts';
import type { Ledger } from './ledger.ts';
import { figuresOf, recoveryLimitMs } from './recovery-figures.ts';
import { endingText } from './sentences.ts';

export interface FactSources {
  readonly session: Session;
  readonly ledger: Ledger;
  readonly judged: Judged | null;
  /** What the configuration wants to be reached. */
  readonly goals: Config['project'];
}

export function factsOf({ session, ledger, judged, goals }: FactSources): Facts {
  const { plan, usage, checkpoints, measured: seen } = session;
  const recovery = figuresOf(ledger.troubles.failures, recoveryLimitMs(session));
  const facts = {
    ending: endingOf(session),
    checkpoints: { enabled: plan.checkpoints.enabled, written: checkpoints.written, failed: checkpoints.failed },
    drill: judged?.drill ?? null,
    gates: judged?.gates ?? null,
    probes: judged?.probes ?? [],
    recovery: { episodes: recovery.episodes - recovery.cutOff, recovered: recovery.recovered },
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
  return { ...facts, performance: performanceOf(facts, goals.performance, judged) };
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

function performanceOf(
  facts: Facts,
  goals: Config['project']['performance'],
  judged: Judged | null,
): readonly PerformanceFact[] {
  const seconds = (time: Measured): Measured => (time.value === null ? time : measured(time.value / 1000));
  const all: readonly (readonly [string, string, Measured, number | undefined])[] = [
    ['build time', 's', seconds(timeOf(facts, 'build')), goals.build_time_secs],
    ['test time', 's', seconds(timeOf(facts, 'test')), goals.test_execution_time_secs],
    [...memoryOf(judged), goals.memory_usage_mb],
    ['binary size', 'MB', inMb(judged?.size ?? NOT_JUDGED), goals.binary_size_mb],
  ];
  return all.flatMap(([name, unit, figure, target]) =>
    target === undefined ? [] : [{ name, unit, target, measured: figure }],
  );
}

const NOT_JUDGED = unknown('the session ended before it was judged');

/** Compilers are at work in these ecosystems' test runs: what they take says nothing about the program. */
const COMPILES_TO_TEST = new Set(['rust', 'go']);

/** The built program's peak; where it was not asked from outside, that of its tests, if nothing else runs in them. */
function memoryOf(judged: Judged | null): readonly [name: string, unit: string, figure: Measured] {
  if (judged === null) return ['memory', 'MB', NOT_JUDGED];
  const tests = judged.gates.filter(({ gate }) => gate === 'test');
  const peaks = tests.flatMap(({ figures }) => figures.peakBytes ?? []);
  const isTold = peaks.length > 0 && peaks.length === tests.length;
  if (judged.memory.value !== null || !isTold || tests.some(({ ecosystem }) => COMPILES_TO_TEST.has(ecosystem ?? '')))
    return ['memory', 'MB', inMb(judged.memory)];
  return ['memory of the test run', 'MB', inMb(measured(Math.max(...peaks)))];
}

function inMb(bytes: Measured): Measured {
  return bytes.value === null ? bytes : measured(bytes.value / 1e6);
}
