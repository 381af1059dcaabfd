// How the runtime talks to the simulated agent: only what it asks about saved tasks; launching is the simulation's own.
import type { AgentAdapter, SavedTask } from '../src/agents/contract.ts';
import type { Code, Saved } from './code.ts';

export function simAdapter(code: Code): AgentAdapter {
  const of = (home: string, task: string): Saved | null => {
    const agent = home.split('/').at(-2) ?? '';
    const saved = code.homes.get(agent) ?? null;
    return saved?.task === task ? saved : null;
  };
  const told = (saved: Saved | null): SavedTask | null =>
    saved === null
      ? null
      : {
          task: saved.task,
          status: saved.finished ? 'completed' : 'in_progress',
          steps: saved.steps,
          tokens: null,
          tools: [],
        };
  return {
    kind: 'rehearsal',
    version: 'simulated 1',
    tellsTokens: true,
    commitRule: '',
    keyVariable: null,
    graces: { interruptMs: 3_000, terminateMs: 2_000 },
    savedNames: ['.simulated'],
    toolsInState: () => false,
    launch: () => unused(),
    reader: () => unused(),
    failureOf: () => unused(),
    newTask: () => null,
    savedTask: (home, task) => {
      const saved = of(home, task);
      return saved?.finished === true ? null : told(saved);
    },
    stateOf: (home, task) => told(of(home, task)),
  };
}

function unused(): never {
  throw new Error('the simulation starts no real process');
}
