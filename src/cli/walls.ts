// The walls a session gets here, and what a person must hear about them before it starts.
import type { Config } from '../config/schema.ts';
import { type Confinement, chooseConfinement } from '../process/confinement.ts';
import { Refusal } from '../runtime/refusal.ts';

/** The configured level, or the highest that works. Throws a Refusal when the one asked for does not. */
export async function wallsFor({ agent }: Config): Promise<Confinement> {
  const walls = await chooseConfinement({ level: agent.confinement, means: null });
  if ('impossible' in walls)
    throw new Refusal(
      2,
      `confinement "${agent.confinement}" does not work here (${walls.impossible}); install bubblewrap, or take a lower level or "auto" with --confinement`,
    );
  return walls;
}

/** One sentence where agents could do harm to more than the session; null elsewhere. */
export function warningAbout(walls: Confinement): string | null {
  if (walls.level === 'full' || process.getuid?.() !== 0) return null;
  return `agents run as root with confinement "${walls.level}": they can change every file of this machine${walls.reason === null ? '' : ` (no higher level: ${walls.reason})`}`;
}

/** A session that goes on behind other walls than it began with says so; null when they are the same. */
export function changeOf(before: string | undefined, walls: Confinement): string | null {
  if (before === undefined || before === walls.level) return null;
  return `confinement is now "${walls.level}"; the session began with "${before}"${walls.reason === null ? '' : ` (${walls.reason})`}`;
}
