// The forecast of a budget's end, made at half time of simulated nights, beside when it really ended.
import { expect, test } from 'vitest';
import { simulate } from '../../sim/night.ts';
import { forecastOf } from '../../src/session/budgets.ts';
import { phaseClockMs } from '../../src/session/clock.ts';
import { durationMs } from '../../src/session/plan.ts';
import type { Session } from '../../src/session/state.ts';

const HOUR_MS = 3_600_000;
const NIGHTS = 12;
/** A budget that ends at about 80 % of the session: so much of what was used at half time. */
const SHARE = 1.6;

function withBudget(session: Session, totalTokens: number): Session {
  return { ...session, plan: { ...session.plan, limits: { ...session.plan.limits, totalTokens } } };
}

test('at half time it is off by 15 per cent of the session at most', { timeout: 120_000 }, async () => {
  const errors: number[] = [];
  for (let seed = 1; seed <= NIGHTS; seed++) {
    let foretold: { readonly budget: number; readonly endsMs: number } | null = null;
    let endedMs: number | null = null;
    let lengthMs = 0;
    await simulate({
      seed,
      durationMs: 6 * HOUR_MS,
      faults: seed % 2 === 0 ? ['agent-crash', 'disk-low', 'agent-hang', 'signal-int'] : [],
      plain: true,
      onEvent: (session) => {
        lengthMs = durationMs(session.plan);
        const now = phaseClockMs(session.clock);
        if (foretold === null && now >= lengthMs / 2) {
          const budget = Math.round(session.usage.tokens * SHARE);
          foretold = { budget, endsMs: forecastOf(withBudget(session, budget), 'totalTokens')?.endsMs ?? 0 };
        } else if (foretold !== null && endedMs === null && session.usage.tokens >= foretold.budget) endedMs = now;
      },
    });
    const told = foretold as { readonly endsMs: number } | null;
    if (told === null || endedMs === null) throw new Error(`seed ${seed}: the budget did not end`);
    errors.push(Math.abs(told.endsMs - endedMs) / lengthMs);
  }
  expect(Math.max(...errors)).toBeLessThanOrEqual(0.15);
});
