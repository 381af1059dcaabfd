// The prompt of a turn: what to build, who is asked, what now, how much time, where the last turn ended.

import type { Project } from '../config/schema.ts';
import type { Turn } from '../session/agent.ts';
import { phaseClockMs } from '../session/clock.ts';
import { noticesNow } from '../session/notices.ts';
import { phaseEndMs } from '../session/plan.ts';
import { unmetCriteria } from '../session/quality.ts';
import type { Session } from '../session/state.ts';
import { showDuration } from '../text/duration.ts';

/** The project's specification as it lies in project_prompt.txt and begins every prompt. */
export function projectPrompt(project: Project): string {
  const components = project.components.map(({ name, behaviour }) => `### ${name}\n\n${behaviour.trim()}`);
  return [
    `# ${project.name}: ${project.title}`,
    `Build ${project.name} in ${project.language}, about ${project.lines_of_code} lines of code with its tests.`,
    project.specification.replaceAll('{language}', project.language).trim(),
    ...(components.length === 0 ? [] : ['## Components', ...components]),
    '',
  ].join('\n\n');
}

export interface PromptFacts {
  readonly session: Session;
  readonly agent: string;
  readonly role: string;
  readonly turn: Turn;
  /** One line a commit, newest first; empty when there is none. */
  readonly lastCommits: readonly string[];
  readonly commitRule: string;
}

/** The turn's own part. `specification` is project_prompt.txt. */
export function turnPrompt(specification: string, facts: PromptFacts): string {
  const { session, role, agent, turn } = facts;
  const phase = session.plan.phases[turn.phase];
  const phases = session.plan.phases.length;
  const leftMs = Math.max(0, phaseEndMs(session.plan, turn.phase) - phaseClockMs(session.clock));
  return [
    turn.compact ? goalOf(specification) : specification.trim(),
    '---',
    '# This turn',
    [
      `You are the ${role} (${agent}) of a team that takes turns on one working copy, which is your current directory.`,
      `Phase: ${turn.phase + 1} of ${phases} (${phase?.name ?? 'final'}). Time left in the phase: ${showDuration(leftMs)}; this turn may take ${showDuration(turn.maxMs)}.`,
    ].join('\n'),
    `## Your task now\n\n${taskOf(session, turn)}`,
    ...(turn.compact ? frontierOf(session, turn) : objectivesOf(session)),
    ...list('## The phase is a success when', phase?.criteria ?? []),
    ...list(
      '## Time',
      noticesNow(session).map(({ text }) => text),
    ),
    ...list(
      '## Not met yet of what earlier phases were to reach',
      unmetCriteria(session).map(({ text, evidence }) => `${text} (${evidence})`),
    ),
    ...list('## Found wrong when the code was last measured', session.findings),
    whereWeStand(facts),
    ...(turn.hint === null ? [] : [`## Note\n\n${turn.hint}`]),
    rulesOf(facts.commitRule),
    '',
  ].join('\n\n');
}

function objectivesOf(session: Session): readonly string[] {
  return list(
    '## Objectives of the phase',
    session.tasks.map(({ text, state }) => `${text}${state === 'done' ? ' (a turn on it is done)' : ''}`),
  );
}

/** The specification is read from its file when more than its beginning is needed: a context that was too large starts small. */
const GOAL_LENGTH = 1_500;

function goalOf(specification: string): string {
  const text = specification.trim();
  if (text.length <= GOAL_LENGTH) return text;
  const cut = text.lastIndexOf('\n', GOAL_LENGTH);
  return `${text.slice(0, cut > 0 ? cut : GOAL_LENGTH)}\n\n(The specification goes on; this turn begins with a short context. What is built already shows the rest.)`;
}

/** Done, open and next: all that a turn with a fresh context needs to go on. */
function frontierOf(session: Session, turn: Turn): readonly string[] {
  const texts = (states: readonly string[]) =>
    session.tasks.filter(({ id, state }) => states.includes(state) && id !== turn.task).map(({ text }) => text);
  return [...list('## Done', texts(['done'])), ...list('## Open', texts(['open', 'taken', 'set-aside']))];
}

function taskOf(session: Session, turn: Turn): string {
  const task = session.tasks.find(({ id }) => id === turn.task);
  if (task !== undefined) return task.text;
  return 'All objectives of this phase have had a turn. Check the specification and the success criteria against what is there, and do the most valuable thing that is still missing. If nothing is missing, change nothing and end your turn.';
}

function list(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [`${title}\n\n${items.map((item) => `- ${item}`).join('\n')}`];
}

function whereWeStand({ lastCommits }: PromptFacts): string {
  if (lastCommits.length === 0) return '## Where we stand\n\nNothing has been committed yet.';
  return `## Where we stand\n\nLast commits, newest first:\n${lastCommits.map((line) => `- ${line}`).join('\n')}`;
}

function rulesOf(commitRule: string): string {
  return `## Rules

- Work only in the current directory. ${commitRule}
- Leave the working copy building and its tests passing when you end your turn.
- Everything you claim is measured afterwards; only what is in the working copy counts.
- Do not start processes that outlive your turn.`;
}
