// Which places an agent, and the tests of the judge, may reach behind their walls.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PACKAGE_ROOT } from '../config/projects.ts';
import { removeTree } from '../host/remove.ts';
import type { Places } from '../process/launch.ts';
import type { AgentLayout, Layout } from '../store/layout.ts';

/** One turn of an agent: the project, its home and the caches, its own settings to read, a /tmp that is empty. */
export function turnPlaces(layout: Layout, agent: AgentLayout): Places {
  return {
    runs: dirname(layout.root),
    session: layout.root,
    readable: [agent.root, PACKAGE_ROOT],
    writable: [agent.home, layout.project, layout.caches],
    temporary: emptied(agent.temporary),
    cwd: layout.project,
  };
}

/**
 * The copy that is judged and its scratch folder; neither the project nor any agent's home or caches. Each is a mount of its
 * own, which nothing inside can rename and put a link to another place in its stead.
 */
export function judgePlaces(
  layout: Pick<Layout, 'root'>,
  judge: { readonly folder: string; readonly project: string; readonly scratch: string },
): Places {
  return {
    runs: dirname(layout.root),
    session: layout.root,
    readable: [PACKAGE_ROOT],
    writable: [judge.project, judge.scratch],
    temporary: emptied(join(judge.folder, 'tmp')),
    cwd: judge.project,
  };
}

function emptied(folder: string): string {
  removeTree(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
