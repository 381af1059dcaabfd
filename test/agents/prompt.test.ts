// The prompt of a turn holds everything the agent must know: what, who, which phase, what now, the rules.
import { expect, test } from 'vitest';
import { projectPrompt, turnPrompt } from '../../src/agents/prompt.ts';
import { projectOf, shippedTypes } from '../../src/config/projects.ts';
import { CONFIG, PROJECT } from '../../src/config/schema.ts';
import type { Turn } from '../../src/session/agent.ts';
import type { Session } from '../../src/session/state.ts';
import { CoreWorld } from '../support/core-world.ts';

const TURN: Turn = {
  number: 3,
  phase: 0,
  task: 1,
  attempt: 1,
  hint: null,
  compact: false,
  resume: null,
  named: null,
  maxMs: 60_000,
};

function session(): Session {
  const world = new CoreWorld();
  world.pass(10_000);
  return world.session;
}

function prompt(turn: Partial<Turn> = {}, lastCommits: readonly string[] = []): string {
  return turnPrompt('# Spec\n\n\n', {
    session: session(),
    agent: 'coder',
    role: 'Coder',
    turn: { ...TURN, ...turn },
    lastCommits,
    commitRule: 'Commit often.',
  });
}

test('it begins with the specification and names role, agent, phase and times', () => {
  const text = prompt();
  expect(text.startsWith('# Spec\n\n---\n\n# This turn\n\n')).toBe(true);
  expect(text).toContain('You are the Coder (coder) of a team');
  expect(text).toContain('Phase: 1 of 2 (bootstrap). Time left in the phase: 90 s; this turn may take 60 s.');
});

test('it says the task, the objectives with what is done, and the criteria of the phase', () => {
  const text = prompt({ task: 2 });
  expect(text).toContain('## Your task now\n\nplan\n');
  expect(text).toContain('- begin (a turn on it is done)\n- plan\n');
  expect(text).toContain('## The phase is a success when\n\n- compiles\n');
});

test('without a task it asks for what is still missing', () => {
  expect(prompt({ task: null })).toContain('do the most valuable thing that is still missing');
});

test('a phase without criteria has no empty list of them', () => {
  expect(prompt({ phase: 1 })).not.toContain('## The phase is a success when');
});

test('it tells the last commits, or that there are none', () => {
  expect(prompt({}, ['abc1 Second', 'abc0 First'])).toContain('newest first:\n- abc1 Second\n- abc0 First\n');
  expect(prompt()).toContain('Nothing has been committed yet.');
});

test('a hint from recovery is in it, and only then is there a note', () => {
  expect(prompt({ hint: 'Take a smaller step.' })).toContain('## Note\n\nTake a smaller step.\n');
  expect(prompt()).not.toContain('## Note');
});

test('the rules end it', () => {
  const text = prompt();
  expect(text).toContain('## Rules\n\n- Work only in the current directory. Commit often.\n');
  expect(text).toContain('- Do not start processes that outlive your turn.\n');
  expect(text).not.toMatch(/undefined|null|NaN|\[object/);
});

test('when the phase is over no negative time is left', () => {
  const world = new CoreWorld();
  world.pass(150_000);
  const text = turnPrompt('x', {
    session: world.session,
    agent: 'a',
    role: 'A',
    turn: TURN,
    lastCommits: [],
    commitRule: '',
  });
  expect(text).toContain('Time left in the phase: 0 s;');
});

test.each(shippedTypes())(
  'the shipped project %s is asked for with its language, target and five components',
  (type) => {
    const project = projectOf(CONFIG.parse({ session: { project_type: type } }), '');
    const text = projectPrompt(project);
    expect(text.startsWith(`# ${project.name}: ${project.title}\n\n`)).toBe(true);
    expect(text).toContain(`about ${project.lines_of_code} lines of code`);
    expect(text).toContain(`Build ${project.name} in rust, `);
    expect(text).not.toContain('{language}');
    for (const { name } of project.components) expect(text).toContain(`\n### ${name}\n`);
  },
);

test('a project without components has no empty chapter of them', () => {
  const project = PROJECT.parse({
    type: 'x',
    name: 'X',
    title: 't',
    lines_of_code: 5,
    specification: 'In {language}, only {language}.',
    language: 'go',
  });
  expect(projectPrompt(project)).toBe(
    '# X: t\n\nBuild X in go, about 5 lines of code with its tests.\n\nIn go, only go.\n\n',
  );
});
