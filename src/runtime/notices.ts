// Notices to those who work: a file in the workspace that git, counting and snapshots leave alone.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NOTICES } from '../workspace/walk.ts';
import type { SessionParts } from './parts.ts';

export class Notices {
  readonly #parts: Pick<SessionParts, 'layout' | 'log' | 'clock'>;

  constructor(parts: Pick<SessionParts, 'layout' | 'log' | 'clock'>) {
    this.#parts = parts;
  }

  /** Adds a line to .mega-test/NOTICES.md. That it cannot be written is no reason to stop anything. */
  write(text: string): void {
    const { layout, log, clock } = this.#parts;
    try {
      const folder = join(layout.project, NOTICES);
      mkdirSync(folder, { recursive: true });
      // The folder ignores itself, so the repository's own files stay as the agents made them.
      writeFileSync(join(folder, '.gitignore'), '*\n');
      appendFileSync(join(folder, 'NOTICES.md'), `- ${new Date(clock.wallMs()).toISOString()} ${text}\n`);
      log.info(`notice: ${text}`);
    } catch (error) {
      log.warn(`a notice could not be written: ${(error as Error).message}`);
    }
  }
}
