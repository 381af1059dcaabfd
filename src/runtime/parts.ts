// What a running session consists of: the things that are made once at its start and used by every deed.
import type { AgentAdapter } from '../agents/contract.ts';
import type { Config, Project } from '../config/schema.ts';
import type { Rules } from '../judge/rules.ts';
import type { Confinement } from '../process/confinement.ts';
import type { Guard } from '../process/guard.ts';
import type { Event } from '../session/event.ts';
import type { Session } from '../session/state.ts';
import type { JournalWriter } from '../store/journal.ts';
import { agentLayout, type Layout } from '../store/layout.ts';
import type { Source } from '../workspace/content.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { Clock } from './clock.ts';
import type { Lane } from './lane.ts';
import type { Logger } from './session-log.ts';

export interface SessionParts {
  readonly id: string;
  readonly layout: Layout;
  readonly config: Config;
  readonly project: Project;
  /** What it was to be judged by when it began; null where nothing is judged by them (simulated sessions). */
  readonly rulesAtStart: Rules | null;
  readonly adapter: AgentAdapter;
  /** Random part of the marker that every process of this session carries. */
  readonly token: string;
  readonly walls: Confinement;
  readonly guard: Guard;
  readonly journal: JournalWriter;
  readonly clock: Clock;
  readonly workspace: Workspace;
  /** Work on the workspace happens here, one piece at a time. */
  readonly lane: Lane;
  readonly log: Logger;
  readonly env: NodeJS.ProcessEnv;
  /** The state now. */
  readonly session: () => Session;
  readonly post: (event: Event) => void;
}

/** The project as something to look at and to keep. */
export function projectSource({ layout, config }: Pick<SessionParts, 'layout' | 'config'>): Source {
  return { name: 'project', root: layout.project, exclude: config.checkpoint.exclude, only: null };
}

/** One agent's own resumable state as something to keep; null when its kind has none. */
export function agentSource(
  { layout, adapter }: Pick<SessionParts, 'layout' | 'adapter'>,
  agent: string,
): Source | null {
  if (adapter.savedNames.length === 0) return null;
  return { name: `agents/${agent}`, root: agentLayout(layout, agent).home, exclude: [], only: adapter.savedNames };
}

/** What the markers of one life of the harness begin with; all of a session's begin with its token. */
export function markersOf(token: string, incarnation: number): string {
  return `${token}.${incarnation}.`;
}

/** The marker of one turn's processes. */
export function markerOf({ token, session }: Pick<SessionParts, 'token' | 'session'>, turn: number): string {
  return `${markersOf(token, session().incarnation)}${turn}`;
}
