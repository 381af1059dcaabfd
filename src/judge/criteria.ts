// The twelve criteria of a mega test in their three tiers: each a small rule over facts, with its evidence.
import { percent } from '../text/percent.ts';
import { bugsOf, type Facts, reasonOf, resultsOf, shareOf, verdictOf } from './facts.ts';
import { type GateVerdict, worstOf } from './gate.ts';

export type Tier = 'critical' | 'important' | 'bonus';

export interface CriterionResult {
  readonly tier: Tier;
  readonly name: string;
  readonly verdict: GateVerdict;
  readonly evidence: string;
}

type Judgement = Omit<CriterionResult, 'tier' | 'name'>;

interface Rule {
  readonly tier: Tier;
  readonly name: string;
  readonly judge: (facts: Facts) => Judgement;
}

/** In the order of the checklist. */
export const CRITERIA: readonly Rule[] = [
  { tier: 'critical', name: 'Session completes without fatal errors', judge: noFatalError },
  { tier: 'critical', name: 'All checkpoints successfully created', judge: checkpointsProven },
  { tier: 'critical', name: 'Final code compiles and passes tests', judge: codeWorks },
  { tier: 'critical', name: 'Recovery from at least 1 failure', judge: recovered },
  { tier: 'important', name: 'Test coverage >= 80%', judge: (facts) => covers(facts, 0.8) },
  { tier: 'important', name: 'All critical bugs fixed', judge: noCriticalBug },
  { tier: 'important', name: 'Performance within 20% of target', judge: performs },
  { tier: 'important', name: 'Security scan clean', judge: secure },
  { tier: 'bonus', name: 'Test coverage >= 90%', judge: (facts) => covers(facts, 0.9) },
  { tier: 'bonus', name: 'Zero manual interventions', judge: nobodyHelped },
  { tier: 'bonus', name: 'Completed under token budget', judge: underBudget },
  { tier: 'bonus', name: 'All agents maintain trust > 0.8', judge: trusted },
];

export function judgeCriteria(facts: Facts): readonly CriterionResult[] {
  return CRITERIA.map(({ tier, name, judge }) => ({ tier, name, ...judge(facts) }));
}

function passed(evidence: string): Judgement {
  return { verdict: 'passed', evidence };
}

function failed(evidence: string): Judgement {
  return { verdict: 'failed', evidence };
}

function open(evidence: string): Judgement {
  return { verdict: 'inconclusive', evidence };
}

function noFatalError({ ending: { is, text } }: Facts): Judgement {
  if (is === 'orderly') return passed(text);
  return is === 'fatal' ? failed(text) : open(text);
}

/** None may be missing, and each must come back whole: what cannot be restored was not created. */
function checkpointsProven({ checkpoints: { enabled, written, failed: unwritten }, drill }: Facts): Judgement {
  const counted = `${written} written, ${unwritten} failed`;
  if (!enabled) return open('checkpoints are switched off');
  if (unwritten > 0) return failed(counted);
  if (drill !== null && drill.bad.length > 0)
    return failed(`${counted}; not restorable: ${drill.bad.slice(0, 3).join('; ')}`);
  if (written === 0) return failed(counted);
  if (drill === null) return open(`${counted}; the restore drill was not done`);
  if (drill.left > 0) return open(`${counted}; ${drill.proven} read back and verified, ${drill.left} not looked at`);
  return passed(`${counted}; ${drill.proven} read back and verified, the newest restored`);
}

function codeWorks(facts: Facts): Judgement {
  if (facts.gates === null) return open('the session ended before it was judged');
  const verdict = worstOf([verdictOf(facts, 'build'), verdictOf(facts, 'test')]);
  if (verdict === 'passed') return passed(reasonOf(facts, 'test'));
  const decides = (['build', 'test'] as const).filter((gate) => verdictOf(facts, gate) === verdict);
  return { verdict, evidence: decides.map((gate) => reasonOf(facts, gate)).join('; ') };
}

function recovered(facts: Facts): Judgement {
  const { episodes, recovered: count } = facts.recovery;
  if (episodes === 0) return open('nothing failed that there was time to recover from');
  const evidence = `${count} of ${episodes} failures recovered from in time`;
  return count > 0 ? passed(evidence) : failed(evidence);
}

function covers(facts: Facts, least: number): Judgement {
  const share = shareOf(facts, 'coverage');
  if (share.value === null) return open(share.why);
  const evidence = `${percent(share.value)} of the lines`;
  return share.value >= least ? passed(evidence) : failed(evidence);
}

/** Critical bugs count always, the others where the configuration limits them. */
function noCriticalBug(facts: Facts): Judgement {
  if (facts.gates === null) return open('the session ended before it was judged');
  const judged = (['critical', 'high', 'medium'] as const).flatMap((severity) => {
    const most = facts.mostBugs[severity];
    const count = bugsOf(facts, severity);
    return most === null ? [] : [{ isTooMany: count > most, text: `${count} ${severity} open, ${most} allowed` }];
  });
  const evidence = judged.map(({ text }) => text).join('; ');
  if (judged.some(({ isTooMany }) => isTooMany)) return failed(evidence);
  // A build that could not be tried may hide any number of them.
  return verdictOf(facts, 'build') === 'inconclusive' ? open(reasonOf(facts, 'build')) : passed(evidence);
}

const TOLERANCE = 1.2;

function performs({ performance }: Facts): Judgement {
  if (performance.length === 0) return open('no performance target is set under [project.performance]');
  const judged = performance.map(({ name, unit, target, measured }) => {
    if (measured.value === null) return { verdict: 'inconclusive' as const, text: `${name}: ${measured.why}` };
    // Floating point must not fail what is exactly at the limit.
    const within = measured.value <= target * TOLERANCE * (1 + 1e-9);
    const figure = Math.round(measured.value * 100) / 100;
    return {
      verdict: within ? ('passed' as const) : ('failed' as const),
      text: `${name} ${figure} of ${target} ${unit}`,
    };
  });
  return {
    verdict: worstOf(judged.map(({ verdict }) => verdict)),
    evidence: judged.map(({ text }) => text).join('; '),
  };
}

function secure(facts: Facts): Judgement {
  if (facts.gates === null) return open('the session ended before it was judged');
  const gates = (['secrets', 'security'] as const).filter((gate) => (resultsOf(facts, gate) ?? []).length > 0);
  const verdict = worstOf(gates.map((gate) => verdictOf(facts, gate)));
  const decides = gates.filter((gate) => verdictOf(facts, gate) === verdict);
  return { verdict, evidence: decides.map((gate) => reasonOf(facts, gate)).join('; ') || 'nothing was scanned' };
}

function nobodyHelped({ interventions }: Facts): Judgement {
  const evidence = interventions === 0 ? 'none' : `${interventions} after the start`;
  return interventions === 0 ? passed(evidence) : failed(evidence);
}

function underBudget({ tokens, tokenBudget }: Facts): Judgement {
  if (tokenBudget === null) return open('there is no budget');
  if (tokens.value === null) return open(tokens.why);
  const evidence = `${tokens.value} of ${tokenBudget} tokens`;
  return tokens.value < tokenBudget ? passed(evidence) : failed(evidence);
}

function trusted({ trust }: Facts): Judgement {
  const lowest = Object.entries(trust).sort(([, one], [, other]) => one - other)[0];
  if (lowest === undefined) return open('there is no agent');
  const evidence = `lowest: ${lowest[0]} at ${lowest[1]}`;
  return lowest[1] > 0.8 ? passed(evidence) : failed(evidence);
}
