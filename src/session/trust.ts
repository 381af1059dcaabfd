// How far an agent is trusted: by measured behaviour alone, never by what it says. Below the limit it gets no more work.
import type { Agent, Turn } from './agent.ts';
import type { AgentEvent, WorldEvent } from './event.ts';
import type { Failure, FailureKind } from './failure.ts';
import type { Session, Task } from './state.ts';
import { agentsOf, type Rule, type Step, withAgent } from './types.ts';

/** Thousandths, whole, so that what is added up a thousand times is still exact. */
export interface Trust {
  readonly now: number;
  readonly lowest: number;
  /** Why it last fell; null: it never did. */
  readonly why: string | null;
  /** The turn into which a fault was injected last: what follows from it is none of the agent's. */
  readonly injectedTurn: number | null;
  /** It is too low, but nobody else is left: said once. */
  readonly isLastToldOf: boolean;
}

export function fullTrust(most: number): Trust {
  return { now: most, lowest: most, why: null, injectedTurn: null, isLastToldOf: false };
}

/** What a turn's end adds or takes, in thousandths. */
export const PROGRESS = 20;
export const FAILED = -100;
export const CLAIMED_IN_VAIN = -50;
export const LEFT_RED = -150;

/** Failures that come from what the agent does; the others are its model's, its machine's or ours. */
const OWN_FAULT: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'process-crash',
  'agent-gave-up',
  'stall',
  'tool-timeout',
  'parse-failure',
  'loop',
]);

export function trustAfterFailure(session: Session, name: string, turn: Turn, { kind, text }: Failure): Session {
  return OWN_FAULT.has(kind) ? changed(session, name, turn, FAILED, `turn ${turn.number}: ${text}`) : session;
}

/** By these the kernel ends a program for what it does itself; whoever sent another one, nothing names the agent. */
const OWN_SIGNALS: ReadonlySet<string> = new Set(
  'SIGSEGV SIGABRT SIGBUS SIGILL SIGFPE SIGTRAP SIGSYS SIGPIPE'.split(' '),
);
/** 128 and the number of HUP, INT, KILL, TERM: how shells and agents pass on that one of these ended them. */
const PASSED_ON: ReadonlySet<number> = new Set([129, 130, 137, 143]);

/** A turn failed that we did not stop: a crash is the agent's, a kill by a person or by the kernel nobody's. */
export function trustAfterExit(
  session: Session,
  turn: Turn,
  { agent, code, signal, failure }: AgentEvent & { type: 'agent-exited' },
): Session {
  const isOwn = signal === null ? code === null || !PASSED_ON.has(code) : OWN_SIGNALS.has(signal);
  return failure !== null && isOwn ? trustAfterFailure(session, agent, turn, failure) : session;
}

/** A turn that ended well: it changed the code, or said that a task is done and changed nothing. */
export function trustAfterTurn(session: Session, agent: Agent, turn: Turn, hasChanged: boolean): Session {
  if (hasChanged) return changed(session, agent.name, turn, PROGRESS, null);
  if (!agent.watch.claimed || turn.task === null) return session;
  const why = `turn ${turn.number}: said that its task is done and changed nothing`;
  return changed(session, agent.name, turn, CLAIMED_IN_VAIN, why);
}

function changed(session: Session, name: string, turn: Turn | null, by: number, why: string | null): Session {
  const agent = session.agents[name];
  if (agent === undefined) return session;
  const { trust } = agent;
  // Injected faults never lower it.
  if (by < 0 && turn !== null && trust.injectedTurn === turn.number) return session;
  const now = Math.min(session.plan.trust.most, Math.max(0, trust.now + by));
  const next = { ...trust, now, lowest: Math.min(trust.lowest, now), why: why ?? trust.why };
  return withAgent(session, agent, { trust: next });
}

/** Who has changed the code, and the number of the first checkpoint that holds it; null: a person, or a fault on purpose. */
export interface Change {
  readonly agent: string | null;
  readonly from: number;
}

const MOST_CHANGES = 200;

export function withChange(session: Session, agent: string | null): Session {
  const change = { agent, from: session.checkpoints.next };
  return { ...session, changes: [...session.changes, change].slice(-MOST_CHANGES) };
}

export function changedBy(session: Session, name: string, turn: Turn): Session {
  return withChange(session, session.agents[name]?.trust.injectedTurn === turn.number ? null : name);
}

/** A turn that nobody measured, or that failed: what the code is now was left by it, perhaps. */
export function leftBy(session: Session, name: string, turn: Turn): Session {
  return { ...changedBy(session, name, turn), standsFrom: session.checkpoints.next };
}

/** A fault hits the turn it is aimed at, or whoever works. */
export function faultInjected(
  session: Session,
  { agent: aim, turn }: WorldEvent & { type: 'fault-injected' },
): Session {
  let next = session;
  for (const agent of agentsOf(session)) {
    if (!('turn' in agent.at) || (aim !== null && agent.name !== aim)) continue;
    const injectedTurn = turn ?? agent.at.turn.number;
    next = withAgent(next, agent, { trust: { ...agent.trust, injectedTurn } });
  }
  return next;
}

/**
 * The code is red now that nobody works, and was green before: of those whose turns have changed it since, one alone is
 * to blame; where there were several nobody knows who. Green in the middle of a turn clears those who were done by then;
 * red in the middle of one says nothing.
 */
export function trustAfterLook(session: Session, event: WorldEvent & { type: 'quality-measured' }): Session {
  if (!event.settled) return session;
  const earlier = session.quality.filter(({ checkpoint }) => checkpoint < event.checkpoint);
  const before = earlier.findLast(({ settled, verdict }) => settled || verdict === 'passed');
  const between = session.changes.filter(({ from }) => from <= event.checkpoint);
  const left = { ...session, changes: session.changes.filter(({ from }) => from > event.checkpoint) };
  if (before?.verdict !== 'passed' || event.verdict !== 'failed') return left;
  const [who, ...others] = new Set(between.filter(({ from }) => from > before.checkpoint).map(({ agent }) => agent));
  if (who === undefined || who === null || others.length > 0) return left;
  return changed(left, who, null, LEFT_RED, `checkpoint ${event.checkpoint} is red: ${event.text}`);
}

export function isTooLow(session: Session, { trust }: Agent): boolean {
  return trust.now < session.plan.trust.least;
}

const bench: Rule = (session) => {
  for (const agent of agentsOf(session)) {
    if (!isTooLow(session, agent) || !isBenchable(agent)) continue;
    const others = agentsOf(session).filter(({ name, at }) => name !== agent.name && at.is !== 'benched');
    if (others.length > 0) return benched(session, agent);
    if (agent.trust.isLastToldOf) continue;
    const text = `${said(session, agent)}; it goes on, because nobody else is left`;
    return [withAgent(session, agent, { trust: { ...agent.trust, isLastToldOf: true } }), [{ type: 'alert', text }]];
  }
  return null;
};

/** Only between turns, when what the last one left was measured or put in order. */
function isBenchable({ at }: Agent): boolean {
  return at.is === 'idle' || at.is === 'satisfied' || at.is === 'backing-off' || at.is === 'held';
}

/** Its task is anybody's again. */
function benched(session: Session, agent: Agent): Step {
  const { at } = agent;
  const task = 'retry' in at ? (at.retry?.task ?? null) : null;
  const tasks = session.tasks.map(
    (one): Task => (one.id === task && one.state === 'taken' ? { ...one, state: 'open' } : one),
  );
  const open = session.trouble.open.filter((name) => name !== agent.name);
  const woken = tasks.some(({ state }) => state === 'open') ? agentsOf(session).map(wokenUp) : agentsOf(session);
  const agents = Object.fromEntries(woken.map((one) => [one.name, one]));
  const next = { ...session, agents, tasks, trouble: { ...session.trouble, open } };
  const text = `${said(session, agent)}; it gets no more work`;
  return [withAgent(next, agent, { at: { is: 'benched' } }), [{ type: 'alert', text }]];
}

function wokenUp(agent: Agent): Agent {
  return agent.at.is === 'satisfied' ? { ...agent, at: { is: 'idle', retry: null }, idleTurns: 0 } : agent;
}

function said({ plan }: Session, { name, trust }: Agent): string {
  return `${name} is trusted ${trust.now / 1000}, less than ${plan.trust.least / 1000} (${trust.why})`;
}

export const RULES_OF_TRUST: readonly Rule[] = [bench];
