// Budgets as walls: warnings on the way, a forecast of when one ends, the end itself; and limits changed on the way.
import { phaseAt, phaseClockMs } from './clock.ts';
import type { Command } from './command.ts';
import { end } from './endings.ts';
import type { PersonEvent } from './event.ts';
import { durationMs, type LimitName } from './plan.ts';
import type { Session } from './state.ts';
import { stopAgent } from './stopping.ts';
import { agentsOf, type Rule, type Step } from './types.ts';

/** Shares of a budget, in percent, at which people are warned. */
const WARN_AT = [50, 80, 95] as const;

interface Budget {
  readonly limit: LimitName;
  readonly name: string;
  readonly used: (session: Session) => number | null;
}

/** Tokens that a budget is held against: the stricter one of two meters rules. */
export function tokensAgainstBudget({ usage, plan }: Session): number {
  return plan.metered ? Math.max(usage.tokens, usage.agentTokens) : usage.tokens;
}

const BUDGETS: readonly Budget[] = [
  { limit: 'totalTokens', name: 'token budget', used: tokensAgainstBudget },
  { limit: 'costUsd', name: 'cost budget (USD)', used: ({ usage }) => usage.costUsd },
  { limit: 'sessionBytes', name: 'disk limit (bytes)', used: ({ measured }) => measured.sessionBytes },
];

const warn: Rule = (session) => {
  if (session.stage.is !== 'working') return null;
  for (const { limit, name, used } of BUDGETS) {
    const most = session.plan.limits[limit];
    const now = used(session);
    if (most === null || most === 0 || now === null) continue;
    const percent = (now / most) * 100;
    const reached = WARN_AT.filter((at) => percent >= at).at(-1);
    if (reached === undefined || reached <= (session.warned[limit] ?? 0)) continue;
    const text = `${reached} % of the ${name} are used: ${round(now)} of ${round(most)}${forecastText(session, limit)}`;
    return [{ ...session, warned: { ...session.warned, [limit]: reached } }, [{ type: 'alert', text }]];
  }
  return null;
};

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const spent: Rule = (session) => {
  const { stage, plan, usage } = session;
  if (stage.is !== 'working' && stage.is !== 'closing') return null;
  const { totalTokens, costUsd } = plan.limits;
  const tokens = tokensAgainstBudget(session);
  if (totalTokens !== null && tokens >= totalTokens)
    return endFor(session, `token budget spent: ${tokens} of ${totalTokens}`);
  if (costUsd !== null && usage.costUsd >= costUsd)
    return endFor(session, `cost budget spent: ${round(usage.costUsd)} of ${costUsd} USD`);
  return null;
};

function endFor(session: Session, text: string): Step {
  const [ended, commands] = end(session, { is: 'finish', because: 'budget', text });
  return [ended, [{ type: 'alert', text }, ...commands]];
}

export interface Forecast {
  /** On the phase clock, milliseconds from the session's begin. */
  readonly endsMs: number;
  /** Index of the phase in which it ends; null: it lasts for the whole session. */
  readonly phase: number | null;
}

/** Too little has happened before this share of the session to foretell anything. */
const FORECAST_FROM = 0.02;

/** When a budget ends if it goes on as up to now; null while that cannot be said. */
export function forecastOf(session: Session, limit: 'totalTokens' | 'costUsd'): Forecast | null {
  const { plan, clock, usage } = session;
  const most = plan.limits[limit];
  const used = limit === 'totalTokens' ? tokensAgainstBudget(session) : usage.costUsd;
  if (most === null || used <= 0 || clock.workingMs < durationMs(plan) * FORECAST_FROM) return null;
  const leftMs = (Math.max(0, most - used) * clock.workingMs) / used;
  const endsMs = Math.round(phaseClockMs(clock) + leftMs);
  const phase = phaseAt(plan, endsMs);
  return { endsMs, phase: phase >= plan.phases.length ? null : phase };
}

function forecastText(session: Session, limit: LimitName): string {
  if (limit !== 'totalTokens' && limit !== 'costUsd') return '';
  const forecast = forecastOf(session, limit);
  if (forecast === null) return '';
  if (forecast.phase === null) return '; at this rate it lasts for the session';
  const name = session.plan.phases[forecast.phase]?.name ?? String(forecast.phase + 1);
  return `; at this rate it ends after ${Math.round(forecast.endsMs / 60_000)} min, in phase ${name}`;
}

/** All agents' processes together hold too much memory: those at work start again with a compact frontier. */
const overMemory: Rule = (session) => {
  const { measured, plan } = session;
  const most = plan.limits.agentRssBytes;
  const now = measured.agentRssBytes;
  if (most === null || now === null || now <= most) return null;
  for (const agent of agentsOf(session)) {
    if (agent.at.is !== 'running') continue;
    const text = `its processes hold ${Math.round(now / 1e6)} MB (agent_memory_mb ${Math.round(most / 1e6)})`;
    const failure = { kind: 'memory-pressure', key: 'memory-pressure: rss', text, evidence: [text] } as const;
    // The figure is used up: the next turn is judged by its own.
    const asked = { ...session, measured: { ...measured, agentRssBytes: null } };
    return stopAgent(asked, agent, { next: 'recover', failure }, false);
  }
  return null;
};

export function limitChanged(session: Session, event: PersonEvent & { type: 'limit-changed' }): Step {
  const limits = { ...session.plan.limits, [event.limit]: event.to };
  const { [event.limit]: _, ...warned } = session.warned;
  const shown = (value: number | null) => (value === null ? 'none' : String(value));
  const told: Command = {
    type: 'alert',
    text: `limit ${event.limit}: ${shown(event.from)} -> ${shown(event.to)} by ${event.by} (${event.why})`,
  };
  return [{ ...session, plan: { ...session.plan, limits }, warned }, [told]];
}

export const RULES_OF_BUDGETS: readonly Rule[] = [spent, warn, overMemory];
