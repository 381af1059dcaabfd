// How long to wait before the next try: the configured curve with full jitter.
import type { RecoveryRules } from './plan.ts';

/** The ceiling of the wait before try number `attempt` (1, 2, …), in ms. */
export function backoffCeilingMs(rules: RecoveryRules, attempt: number): number {
  const n = Math.max(1, attempt);
  return Math.min(rules.maxMs, rules.initialMs * growth(rules.strategy, n));
}

function growth(strategy: RecoveryRules['strategy'], n: number): number {
  switch (strategy) {
    case 'fixed':
      return 1;
    case 'linear':
      return n;
    case 'exponential':
      return 2 ** Math.min(n - 1, 30);
  }
}

/** The wait itself, with full jitter (uniform from 0 to the ceiling): what failed together does not come back together. */
export function backoffMs(rules: RecoveryRules, attempt: number, random: number): number {
  return Math.round(backoffCeilingMs(rules, attempt) * random);
}
