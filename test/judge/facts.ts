// Facts of a session in which everything went well, for tests that change one of them.
import { type Facts, measured } from '../../src/judge/facts.ts';
import type { GateName, GateResult } from '../../src/judge/gate.ts';

export function result(gate: GateName, overrides: Partial<GateResult> = {}): GateResult {
  return {
    gate,
    ecosystem: gate === 'secrets' ? null : 'rust',
    folder: '.',
    verdict: 'passed',
    reason: `${gate} is fine`,
    evidence: null,
    figures: { durationMs: 1_000 },
    findings: [],
    notes: [],
    ...overrides,
  };
}

export function covered(gate: 'coverage' | 'docs', of: number, total = 1_000): GateResult {
  return result(gate, { figures: { covered: of, total } });
}

export const GATES: readonly GateResult[] = [
  result('secrets'),
  result('fetch'),
  result('build', { figures: { durationMs: 30_000 } }),
  result('test', { figures: { tests: 12, failed: 0, durationMs: 60_000 } }),
  covered('coverage', 950),
  covered('docs', 1_000),
  result('lint'),
  result('security'),
];

/** The gates with some of them replaced. */
export function gatesWith(...others: readonly GateResult[]): readonly GateResult[] {
  return [...GATES.filter(({ gate }) => !others.some((other) => other.gate === gate)), ...others];
}

export const GOOD: Facts = {
  ending: { is: 'orderly', text: 'the schedule was over' },
  checkpoints: { enabled: true, written: 9, failed: 0 },
  drill: { proven: 9, bad: [], left: 0 },
  gates: GATES,
  probes: [],
  recovery: { episodes: 1, recovered: 1 },
  performance: [{ name: 'build time', unit: 's', target: 100, measured: measured(119) }],
  mostBugs: { critical: 0, high: null, medium: null },
  interventions: 0,
  tokens: measured(100_000),
  tokenBudget: 5_000_000,
  trust: { coder: 0.95, tester: 0.9 },
  lines: measured(1_000),
  toolCalls: 100,
  tasksDone: 10,
};
