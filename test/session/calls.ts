// One call of an agent to its model, as the gateway tells it.
import type { Event } from '../../src/session/event.ts';

type Called = Event & { type: 'model-called' };

export function called(turn: number, change: Partial<Called> = {}): Called {
  return {
    type: 'model-called',
    agent: 'coder',
    turn,
    upstream: 'primary',
    asked: 'm',
    answered: 'm',
    status: 200,
    outcome: 'answered',
    prompt: 900,
    completion: 100,
    source: 'reported',
    costUsd: null,
    firstByteMs: 5,
    tookMs: 9,
    injected: false,
    text: null,
    ...change,
  };
}
