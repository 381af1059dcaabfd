// Breadth first through the core: every event in every abstract state that can be reached, faults and crashes included.

import type { Agent } from '../src/session/agent.ts';
import { turnOf } from '../src/session/agents.ts';
import type { Command } from '../src/session/command.ts';
import type { Event } from '../src/session/event.ts';
import type { Failure } from '../src/session/failure.ts';
import type { Plan } from '../src/session/plan.ts';
import type { Due, Session } from '../src/session/state.ts';
import { created } from '../src/session/state.ts';
import { step } from '../src/session/step.ts';
import { agentsOf } from '../src/session/types.ts';
import { nextWakeMs } from '../src/session/wake.ts';

export interface StateMap {
  readonly states: number;
  readonly steps: number;
  /** Changes of stage, agent and pause that can happen, like "agent running -> stopping". */
  readonly transitions: ReadonlySet<string>;
  /** What must not be: an assertion, a command out of place, a state from which no end can be reached. */
  readonly faults: readonly string[];
}

/** What the core distinguishes, without counters and times. */
export function abstract(session: Session): string {
  const { stage, pauses, checkpoints, restore, plan } = session;
  const ending =
    'ending' in stage ? `${stage.ending.is}${stage.ending.is === 'interrupt' && stage.ending.again ? '!' : ''}` : '';
  const due = 'checkpoint' in stage ? dueOf(stage.checkpoint) : '';
  const asked = 'asked' in stage && stage.asked ? 'asked' : '';
  const last = 'phase' in stage && stage.phase === plan.phases.length - 1 ? 'last' : '';
  const agents = agentsOf(session).map(agentOf).sort().join(',');
  const why = pauses
    .map(({ because }) => because)
    .sort()
    .join('+');
  const book = `${checkpoints.inFlight === null ? '' : 'writing'}${checkpoints.wanted === null ? '' : 'wanted'}`;
  const wish = restore === null ? '' : restore.begun ? 'begun' : 'wished';
  return [stage.is, ending, due, asked, last, agents, why, book, wish].join('|');
}

function dueOf(due: Due): string {
  return typeof due === 'string' ? due : 'asked';
}

function agentOf({ at }: Agent): string {
  switch (at.is) {
    case 'idle':
      return at.retry === null ? 'idle' : 'idle:retry';
    case 'starting':
      return at.stop === null ? 'starting' : `starting:${at.stop.plan.next}`;
    case 'running':
      return at.frozenMs === null ? 'running' : 'running:frozen';
    case 'stopping':
      return `stopping:${at.rung}:${at.plan.next}${at.hasty ? ':hasty' : ''}`;
    case 'recovering':
      return at.blocked ? 'recovering:blocked' : 'recovering';
    default:
      return at.is;
  }
}

/** Stage, agents and pauses that changed. */
export function changes(before: Session, after: Session): readonly string[] {
  if (before.stage === after.stage && before.agents === after.agents && before.pauses === after.pauses) return [];
  const found: string[] = [];
  if (before.stage.is !== after.stage.is) found.push(`stage ${before.stage.is} -> ${after.stage.is}`);
  for (const agent of agentsOf(after)) {
    const was = before.agents[agent.name]?.at.is;
    if (was !== undefined && was !== agent.at.is) found.push(`agent ${was} -> ${agent.at.is}`);
  }
  const causes = (session: Session) => new Set(session.pauses.map(({ because }) => because));
  for (const cause of causes(after)) if (!causes(before).has(cause)) found.push(`pause for ${cause} begins`);
  for (const cause of causes(before)) if (!causes(after).has(cause)) found.push(`pause for ${cause} ends`);
  return found;
}

interface Seen {
  readonly session: Session;
}

/** Follows every event from every abstract state, until nothing new is found or `most` states are known. */
export function explore(plan: Plan, most = 200_000): StateMap {
  const known = new Map<string, Seen>();
  const leadsFrom = new Map<string, string[]>();
  const transitions = new Set<string>();
  const faults: string[] = [];
  let steps = 0;
  const start = at(created(plan), { type: 'session-created', plan })[0];
  known.set(abstract(start), { session: start });
  const queue = [abstract(start)];
  for (let next = queue.shift(); next !== undefined && faults.length < 20; next = queue.shift()) {
    const { session } = known.get(next) as Seen;
    for (const { event, afterMs } of eventsFor(session)) {
      steps++;
      let after: Session;
      try {
        const [reached, commands] = at(session, event, afterMs);
        faults.push(...wrongs(reached, commands).map((wrong) => `${event.type} in ${next}: ${wrong}`));
        after = reached;
      } catch (error) {
        faults.push(`${event.type} in ${next}: ${(error as Error).message}`);
        continue;
      }
      for (const change of changes(session, after)) transitions.add(change);
      const key = abstract(after);
      leadsFrom.set(key, [...(leadsFrom.get(key) ?? []), next]);
      if (known.has(key)) continue;
      if (known.size >= most) throw new Error(`more than ${most} abstract states`);
      known.set(key, { session: after });
      queue.push(key);
    }
  }
  const dead = deadEnds([...known.keys()], leadsFrom);
  return {
    states: known.size,
    steps,
    transitions,
    faults: [...faults, ...dead.map((key) => `no end can be reached from ${key}`)],
  };
}

function at(session: Session, event: Event, afterMs = 0): readonly [Session, readonly Command[]] {
  const atMs = event.type === 'harness-started' ? 0 : session.clock.lastAtMs + afterMs;
  return step(session, { seq: 1, atMs, wall: '', ...event });
}

/** States from which no event leads on to the end: walked backwards from all that are done. */
function deadEnds(keys: readonly string[], leadsFrom: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const alive = new Set(keys.filter((key) => key.startsWith('done|')));
  const queue = [...alive];
  for (let key = queue.pop(); key !== undefined; key = queue.pop())
    for (const before of leadsFrom.get(key) ?? [])
      if (!alive.has(before)) {
        alive.add(before);
        queue.push(before);
      }
  return keys.filter((key) => !alive.has(key)).slice(0, 5);
}

function wrongs(session: Session, commands: readonly Command[]): readonly string[] {
  const found: string[] = [];
  const wakeMs = nextWakeMs(session);
  if (!(wakeMs >= 0 && Number.isFinite(wakeMs))) found.push(`woken after ${wakeMs} ms`);
  const withProcess = agentsOf(session).filter(
    ({ at: { is } }) => is === 'starting' || is === 'running' || is === 'stopping',
  );
  if (withProcess.length > session.plan.concurrency) found.push(`${withProcess.length} agents at work`);
  for (const command of commands) {
    if (command.type === 'start-agent' && session.pauses.length > 0) found.push('a turn begins in a pause');
    if (command.type === 'restore-checkpoint' && withProcess.length > 0) found.push('restored under an agent’s hands');
    if (command.type === 'judge' && withProcess.length > 0) found.push('judged with agents at work');
  }
  return found;
}

interface Possible {
  readonly event: Event;
  readonly afterMs?: number;
}

const HOUR_MS = 3_600_000;
const CRASH: Failure = { kind: 'process-crash', key: 'crash', text: 'crash' };
const FAILURES: readonly Failure[] = [
  CRASH,
  { kind: 'configuration', key: 'c', text: 'c' },
  { kind: 'llm-error', key: 'l', text: 'l' },
];

/** What can happen in a state: people and the machine at any time, answers where something was asked. */
function eventsFor(session: Session): readonly Possible[] {
  return [
    { event: { type: 'time-passed' }, afterMs: nextWakeMs(session) },
    { event: { type: 'time-passed' }, afterMs: HOUR_MS },
    { event: { type: 'clock-stalled', gapMs: HOUR_MS }, afterMs: HOUR_MS },
    { event: { type: 'deadline-came' } },
    { event: { type: 'signal-received', signal: 'TERM' } },
    { event: { type: 'stop-requested', by: 'p' } },
    { event: { type: 'pause-requested', by: 'p' } },
    { event: { type: 'continue-requested', by: 'p' } },
    { event: { type: 'checkpoint-requested', by: 'p' } },
    { event: { type: 'restore-requested', by: 'p', number: 1, rewindClock: false } },
    { event: { type: 'restore-requested', by: 'p', number: 1, rewindClock: true } },
    { event: { type: 'compress-requested', by: 'p' } },
    ...agentsOf(session).flatMap(({ name, at }): Possible[] => {
      if (!('turn' in at)) return [];
      const of = { agent: name, turn: at.turn.number };
      return [
        { event: { type: 'models-exhausted', ...of, text: 'x', injected: false } },
        { event: { type: 'window-closed', ...of, upstream: 'p', waitMs: HOUR_MS / 2, text: 'x' } },
        { event: { type: 'model-unaffordable', ...of, needs: 2, tokensLeft: 1 } },
      ];
    }),
    { event: { type: 'disk-filled', path: 'x' } },
    ...[true, false].map((writable): Possible => ({ event: probed(1e12, writable) })),
    { event: probed(1, true) },
    {
      event: {
        type: 'harness-started',
        incarnation: session.incarnation + 1,
        version: 't',
        pid: 1,
        pauseLimitMs: null,
        lastCheckpoint: 0,
      },
    },
    {
      event: {
        type: 'harness-started',
        incarnation: session.incarnation + 1,
        version: 't',
        pid: 1,
        pauseLimitMs: 60_000,
        lastCheckpoint: 9,
      },
    },
    ...answers(session),
    ...agentsOf(session).flatMap((agent) => fromAgent(agent).map((event) => ({ event, afterMs: 1_000 }))),
  ];
}

function probed(diskFreeBytes: number, writable: boolean): Event {
  return { type: 'probed', diskFreeBytes, sessionBytes: 1, agentRssBytes: 1, writable };
}

function answers({ checkpoints: { inFlight }, stage, restore }: Session): readonly Possible[] {
  const found: Event[] = [];
  if (inFlight !== null) {
    const { number, trigger } = inFlight;
    found.push({
      type: 'checkpoint-written',
      number,
      trigger,
      sha256: 's',
      commit: 'c',
      files: 1,
      bytes: 1,
      tookMs: 1,
    });
    found.push({ type: 'checkpoint-failed', number, trigger, reason: 'r' });
  }
  if (stage.is === 'restoring' && stage.asked && restore !== null) {
    const { number, by, rewindClock } = restore;
    found.push({ type: 'checkpoint-restored', number, by, rewindClock, phaseClockMs: 0, insteadOf: null });
    for (const touched of [true, false]) found.push({ type: 'restore-failed', number, reason: 'r', touched });
  }
  if (stage.is === 'judging') found.push({ type: 'judged', verdict: { critical: 'passed', text: 't' } });
  if (stage.is === 'reporting') found.push({ type: 'report-written' });
  return found.map((event) => ({ event }));
}

function fromAgent(agent: Agent): readonly Event[] {
  const turn = turnOf(agent);
  if (turn === null) return [];
  const of = { agent: agent.name, turn: turn.number };
  const ended = [null, ...FAILURES].map(
    (failure): Event => ({ type: 'agent-exited', ...of, code: 0, signal: null, failure }),
  );
  switch (agent.at.is) {
    case 'starting':
      return [
        { type: 'agent-started', ...of, pid: 2, startTicks: 1, mode: 'fresh' },
        ...FAILURES.map((failure): Event => ({ type: 'agent-start-failed', ...of, failure })),
      ];
    case 'running':
      return [
        ...ended,
        { type: 'task-named', ...of, task: 't' },
        { type: 'tokens-used', ...of, total: 1e12, prompt: null, completion: null, source: 'agent' },
      ];
    case 'stopping':
      return ended;
    case 'measuring':
      return [true, false].map((changed): Event => ({ type: 'turn-measured', ...of, changed, files: 1 }));
    case 'recovering':
      return [
        ...[true, false].map(
          (changed): Event => ({
            type: 'agent-recovered',
            ...of,
            workspace: 'kept',
            reason: 'r',
            checkpoint: null,
            task: null,
            changed,
          }),
        ),
        { type: 'agent-unrecoverable', ...of, reason: 'r' },
      ];
    default:
      return [];
  }
}
