// The eight performance targets in their two tables: a figure, its unit, and the grade it earns.
import { bugsOf, type Facts, type Measured, measured, shareOf, timeOf, unknown } from './facts.ts';

/** Efficiency: target, good, excellent. Quality: minimum, target, excellent. Below all of them: missed. */
export type Grade = 'excellent' | 'good' | 'target' | 'minimum' | 'missed' | 'unknown';

export interface TargetResult {
  readonly table: 'efficiency' | 'quality';
  readonly name: string;
  readonly unit: string;
  readonly value: number | null;
  readonly grade: Grade;
  /** What each grade takes, the best first, like "excellent < 200". */
  readonly limits: readonly string[];
  /** Why there is no figure. */
  readonly why: string | null;
}

interface Target {
  readonly table: TargetResult['table'];
  readonly name: string;
  readonly unit: string;
  /** `<`: below the limit is better; `>=`: at the limit is reached. */
  readonly better: '<' | '>=';
  /** Limits of the three grades, the best first. */
  readonly limits: readonly [number, number, number];
  readonly figure: (facts: Facts) => Measured;
}

const GRADES = {
  efficiency: ['excellent', 'good', 'target'],
  quality: ['excellent', 'target', 'minimum'],
} as const;

export const TARGETS: readonly Target[] = [
  {
    table: 'efficiency',
    name: 'Tokens/LOC',
    unit: 'tokens',
    better: '<',
    limits: [200, 300, 500],
    figure: tokensPerLine,
  },
  {
    table: 'efficiency',
    name: 'Tool calls/task',
    unit: 'calls',
    better: '<',
    limits: [20, 30, 50],
    figure: callsPerTask,
  },
  {
    table: 'efficiency',
    name: 'Time to compile',
    unit: 's',
    better: '<',
    limits: [60, 180, 300],
    figure: (facts) => inSeconds(timeOf(facts, 'build')),
  },
  {
    table: 'efficiency',
    name: 'Test execution',
    unit: 's',
    better: '<',
    limits: [120, 300, 600],
    figure: (facts) => inSeconds(timeOf(facts, 'test')),
  },
  {
    table: 'quality',
    name: 'Test coverage',
    unit: '%',
    better: '>=',
    limits: [90, 80, 70],
    figure: (facts) => inPercent(shareOf(facts, 'coverage')),
  },
  {
    table: 'quality',
    name: 'Doc coverage',
    unit: '%',
    better: '>=',
    limits: [100, 80, 60],
    figure: (facts) => inPercent(shareOf(facts, 'docs')),
  },
  { table: 'quality', name: 'Bug density', unit: '/KLOC', better: '<', limits: [1, 2, 5], figure: bugDensity },
  { table: 'quality', name: 'Recovery rate', unit: '%', better: '>=', limits: [95, 90, 80], figure: recoveryRate },
];

export function judgeTargets(facts: Facts): readonly TargetResult[] {
  return TARGETS.map((target) => {
    const { table, name, unit, better, limits } = target;
    const figure = target.figure(facts);
    const said = limits.map((limit, at) => `${GRADES[table][at]} ${better} ${limit}`);
    const about = { table, name, unit, limits: said };
    if (figure.value === null) return { ...about, value: null, grade: 'unknown', why: figure.why };
    return { ...about, value: rounded(figure.value), grade: gradeOf(target, figure.value), why: null };
  });
}

export function gradeOf({ table, better, limits }: Pick<Target, 'table' | 'better' | 'limits'>, value: number): Grade {
  const at = limits.findIndex((limit) => (better === '<' ? value < limit : value >= limit));
  return GRADES[table][at] ?? 'missed';
}

/** Session totals, waste included; unknown when there is nothing to divide by. */
function tokensPerLine({ tokens, lines }: Facts): Measured {
  if (tokens.value === null) return tokens;
  if (lines.value === null) return lines;
  return lines.value === 0 ? unknown('there is no line of code') : measured(tokens.value / lines.value);
}

function callsPerTask({ toolCalls, tasksDone }: Facts): Measured {
  return tasksDone === 0 ? unknown('no task was done') : measured(toolCalls / tasksDone);
}

function bugDensity(facts: Facts): Measured {
  if (facts.gates === null) return unknown('the session ended before it was judged');
  if (facts.lines.value === null) return facts.lines;
  if (facts.lines.value === 0) return unknown('there is no line of code');
  const bugs = bugsOf(facts, 'critical') + bugsOf(facts, 'high') + bugsOf(facts, 'medium');
  return measured((bugs * 1000) / facts.lines.value);
}

function recoveryRate(facts: Facts): Measured {
  const { episodes, recovered } = facts.recovery;
  return episodes === 0
    ? unknown('nothing failed that there was time to recover from')
    : measured((recovered * 100) / episodes);
}

function inSeconds(time: Measured): Measured {
  return time.value === null ? time : measured(time.value / 1000);
}

function inPercent(share: Measured): Measured {
  // 0.07 * 100 is a hair more than 7; a share at a limit must stay at it.
  return share.value === null ? share : measured(Number((share.value * 100).toPrecision(12)));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
