// Every event in every abstract state of the core: nothing asserts, nothing is out of place, an end can always be reached.
import { expect, test } from 'vitest';
import { explore } from '../../sim/states.ts';
import { PLAN } from '../support/core-world.ts';

test.each([
  ['one agent', 1, 1],
  ['two agents, both at once', 2, 2],
])('%s', (_, agents, concurrency) => {
  const names = ['coder', 'tester'].slice(0, agents);
  const map = explore({ ...PLAN, agents: names.map((name) => ({ name, role: name })), concurrency });
  console.log(`${map.states} states, ${map.steps} steps, ${map.transitions.size} kinds of transition`);
  expect(map.faults).toEqual([]);
  expect(map.states).toBeGreaterThan(100);
});
