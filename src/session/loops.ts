// Does a turn go in circles? Told by its calls and steps alone, since something last changed; a notice first, then a fresh turn.

import type { Agent, LoopWatch } from './agent.ts';
import type { AgentEvent } from './event.ts';
import type { Failure } from './failure.ts';
import type { Session } from './state.ts';
import { stopAgent } from './stopping.ts';
import { type Step, withAgent } from './types.ts';

const KEPT = 12;
/** The same call so often in a row, with nothing changed between, is a loop. */
const REPEATS = 6;
/** Two calls by turns, so many in all. */
const ALTERNATIONS = 10;
/** So many steps without a single call are a monologue. */
const MONOLOGUE = 8;

/** Tools that change something when they succeed: what comes after one is a new situation. */
const CHANGES = /write|edit|patch|create|delete|remove|move|rename|commit|apply|insert|replace/i;

/** What a turn's event adds to its watch. */
export function watched(watch: LoopWatch, event: AgentEvent): LoopWatch {
  switch (event.type) {
    case 'agent-stepped':
      return { ...watch, talk: watch.talk + 1 };
    case 'completion-claimed':
      return { ...watch, claimed: true };
    case 'tool-called': {
      const changed = event.ok && CHANGES.test(event.tool);
      const calls = changed || event.call === undefined ? [] : [...watch.calls, event.call].slice(-KEPT);
      return { ...watch, talk: 0, calls };
    }
    case 'tool-timed-out':
      return { ...watch, timedOut: event.call };
    default:
      return watch;
  }
}

/** The loop a watch shows, in words; null when there is none. */
export function loopIn({ calls, talk }: LoopWatch): string | null {
  if (talk >= MONOLOGUE) return `${talk} steps without a tool call`;
  const last = calls.at(-1);
  if (last === undefined) return null;
  if (calls.length >= REPEATS && calls.slice(-REPEATS).every((call) => call === last))
    return `the same call ${REPEATS} times with nothing changed between`;
  const tail = calls.slice(-ALTERNATIONS);
  const other = tail.at(-2);
  const alternates =
    tail.length === ALTERNATIONS && other !== last && tail.every((call, i) => call === (i % 2 === 0 ? other : last));
  return alternates ? `two calls by turns, ${ALTERNATIONS} times with nothing changed between` : null;
}

/** After an event of a running turn: its loop, or a call that timed out for the second time. */
export function watchTurn(session: Session, agent: Agent, event: AgentEvent): Step {
  if (agent.at.is !== 'running') return [session, []];
  const before = agent.watch;
  const watch = watched(before, event);
  if (watch === before) return [session, []];
  const next = withAgent(session, agent, { watch });
  const now = next.agents[agent.name] ?? agent;
  if (event.type === 'tool-timed-out' && before.timedOut === event.call)
    return stopAgent(next, now, { next: 'recover', failure: timedOutTwice(event.tool) }, false);
  const loop = loopIn(watch);
  if (loop === null) return [next, []];
  if (!watch.nudged) {
    const nudged = withAgent(next, now, { watch: { ...watch, calls: [], talk: 0, nudged: true } });
    return [
      nudged,
      [
        { type: 'write-notice', text: `You seem to go in circles (${loop}). Change something, or take another step.` },
        { type: 'alert', text: `${agent.name} seems to go in circles (${loop}); it was told so` },
      ],
    ];
  }
  const text = `it goes in circles: ${loop}`;
  return stopAgent(
    next,
    now,
    { next: 'recover', failure: { kind: 'loop', key: 'loop', text, evidence: [loop] } },
    false,
  );
}

function timedOutTwice(tool: string): Failure {
  const text = `the same call of ${tool} ran into its time limit twice`;
  return { kind: 'tool-timeout', key: `tool-timeout: ${tool}`, text, evidence: [text] };
}
