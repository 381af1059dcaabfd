// The verdict of a session: what its critical criteria say together. The exit code follows from it.
import type { CriterionResult } from './criteria.ts';
import type { GateVerdict } from './gate.ts';

export interface CriticalVerdict {
  readonly critical: GateVerdict;
  readonly text: string;
}

/** Without this nothing can be passed; the others only fail. */
const DECIDES = 'Final code compiles and passes tests';

/**
 * Failed when one of the critical criteria failed. Inconclusive only when the code's own is: whether there was a failure
 * to recover from is nobody's merit or fault: the drill comes in sessions of five minutes and more, and can be switched off.
 */
export function criticalVerdict(criteria: readonly CriterionResult[]): CriticalVerdict {
  const critical = criteria.filter(({ tier }) => tier === 'critical');
  const failed = critical.filter(({ verdict }) => verdict === 'failed');
  const code = critical.find(({ name }) => name === DECIDES);
  if (code === undefined) throw new Error('assertion failed: no criterion about the code');
  if (failed.length === 0) return { critical: code.verdict, text: code.evidence };
  const text = failed.map(({ name, evidence }) => (name === DECIDES ? evidence : `${name}: ${evidence}`)).join('; ');
  return { critical: 'failed', text };
}
