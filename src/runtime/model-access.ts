// The agents' way to their models: our gateway in front of the configured chain; what it sees becomes events.

import { startRehearsalModel } from '../agents/rehearsal/model.ts';
import { actionFor } from '../agents/rules.ts';
import { modelsOf } from '../config/models.ts';
import type { Config } from '../config/schema.ts';
import type { Allowance, Caller, Fault, GatewayFact, Upstream } from '../gateway/facts.ts';
import { startGateway } from '../gateway/server.ts';
import { TurnTokens } from '../gateway/tokens.ts';
import { tokensAgainstBudget } from '../session/budgets.ts';
import type { Event } from '../session/event.ts';
import type { Session } from '../session/state.ts';
import { unreachable } from '../session/types.ts';
import { cleaned } from '../text/clean.ts';
import type { SessionParts } from './parts.ts';

export interface ModelAccess {
  /** The endpoint of one agent, and the key that one turn of it has there. */
  open(agent: string, turn: number): { readonly endpoint: string; readonly key: string };
  /** The agent's turn is over: its key is worth nothing any more. */
  revoke(agent: string): void;
  /** Once what a dead agent had in flight is told, so that nothing of it comes after its turn's end. */
  quiet(agent: string): Promise<void>;
  close(): Promise<void>;
}

/** Counting what was cut takes milliseconds, but the first time the tokenizer is loaded: long, on a busy machine. */
const QUIET_MS = 3_000;

/** Starts the gateway; null where the plan says that nobody's calls go through it. */
export async function openModelAccess(parts: SessionParts, faultOf: () => Fault | null): Promise<ModelAccess | null> {
  const { config, clock, post, log, session, env } = parts;
  if (!session().plan.metered) return null;
  const { upstreams, close } = await upstreamsOf(config, env);
  const tokens = new TurnTokens();
  const gateway = await startGateway({
    upstreams,
    clock,
    after: (ms, call) => clock.after(ms, call),
    tell: (fact) => post(eventOf(fact, config, faultOf() !== null)),
    allowanceOf: (caller) => allowanceOf(session(), caller),
    faultOf,
    callerOf: tokens.callerOf,
    log,
    limits: {
      firstByteMs: config.gateway.first_byte_timeout_secs * 1000,
      idleMs: config.gateway.idle_timeout_secs * 1000,
      breakerFailures: config.gateway.failures_to_open,
      coolDownMs: config.gateway.cooldown_seconds * 1000,
    },
  });
  log.info(`gateway: http://127.0.0.1:${gateway.port} in front of ${upstreams.map(({ name }) => name).join(', ')}`);
  return {
    open: (agent, turn) => ({ endpoint: gateway.urlOf(agent), key: tokens.issue({ agent, turn }) }),
    revoke: (agent) => tokens.end(agent),
    quiet: (agent) => gateway.quiet(agent, QUIET_MS),
    close: async () => {
      await gateway.close();
      await close();
    },
  };
}

interface Upstreams {
  readonly upstreams: readonly Upstream[];
  readonly close: () => Promise<void>;
}

async function upstreamsOf(config: Config, env: NodeJS.ProcessEnv): Promise<Upstreams> {
  const rows = modelsOf(config);
  if (rows.length > 0)
    return {
      upstreams: rows.map(({ keyVariable, ...row }) => ({ ...row, keyOf: () => env[keyVariable] })),
      close: async () => {},
    };
  // A rehearsal asks no real model; it has a small one of its own, so that its calls are counted like any other's.
  const { endpoint, close } = await startRehearsalModel();
  const unpriced = { promptUsdPerMillion: null, completionUsdPerMillion: null, contextTokens: null };
  return {
    upstreams: [{ name: 'rehearsal', endpoint, model: 'rehearsal', keyOf: () => undefined, ...unpriced }],
    close,
  };
}

/** What an agent may spend now. In pauses and at the end its calls wait: an error would only make it burn its tries. */
export function allowanceOf(session: Session, { agent, turn }: Caller): Allowance {
  const { stage, pauses, agents, plan } = session;
  const at = agents[agent]?.at;
  if (at === undefined || !('turn' in at) || at.turn.number !== turn) return { is: 'hold', reason: 'its turn is over' };
  if (pauses[0] !== undefined) return { is: 'hold', reason: `paused: ${pauses[0].text}` };
  if (stage.is !== 'working' && stage.is !== 'closing') return { is: 'hold', reason: `the session is ${stage.is}` };
  const { totalTokens } = plan.limits;
  const left = [
    ...(totalTokens === null ? [] : [Math.max(0, totalTokens - tokensAgainstBudget(session))]),
    ...costLeft(session),
  ];
  return { is: 'go', tokensLeft: left.length === 0 ? null : Math.min(...left) };
}

/** Tokens that the rest of the money buys at the dearest price. */
function costLeft({ plan, usage }: Session): readonly number[] {
  const { costUsd } = plan.limits;
  if (costUsd === null) return [];
  const dearest = Math.max(
    ...plan.models.flatMap(({ promptUsdPerMillion, completionUsdPerMillion }) => [
      promptUsdPerMillion ?? 0,
      completionUsdPerMillion ?? 0,
    ]),
    0,
  );
  return dearest <= 0 ? [] : [Math.floor((Math.max(0, costUsd - usage.costUsd) * 1e6) / dearest)];
}

/** `faulted`: a fault is being injected just now, so what is exhausted is not the models' doing. */
function eventOf(fact: GatewayFact, { error_handling }: Config, faulted: boolean): Event {
  const of = { agent: fact.agent, turn: fact.turn };
  switch (fact.is) {
    case 'called': {
      const { is: _, text, asked, ...call } = fact;
      return { type: 'model-called', ...call, asked: asked ?? 'unnamed', text: text === null ? null : cleaned(text) };
    }
    case 'switched':
      return { type: 'model-switched', ...of, from: fact.from, to: fact.to, reason: cleaned(fact.reason) };
    case 'window-closed':
      return { type: 'window-closed', ...of, upstream: fact.upstream, waitMs: fact.waitMs, text: cleaned(fact.text) };
    case 'unaffordable':
      return { type: 'model-unaffordable', ...of, needs: fact.needs, tokensLeft: fact.tokensLeft };
    case 'exhausted': {
      const action = actionFor(fact.text, error_handling.rules);
      const ruled = action === null ? {} : { action };
      return { type: 'models-exhausted', ...of, text: cleaned(fact.text), injected: faulted, ...ruled };
    }
    default:
      return unreachable(fact);
  }
}
