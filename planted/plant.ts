// Plants a bug: the text of a source file with the bug in it.
import type { Bug } from './bugs.ts';

/** Throws when what it replaces does not stand there exactly once: the source has moved on, the bug must follow. */
export function planted({ name, file, from, to, also = [] }: Bug, text: string): string {
  return [[from, to] as const, ...also].reduce((now, [before, after]) => {
    const parts = now.split(before);
    if (parts.length !== 2) throw new Error(`${name}: ${parts.length - 1} places in ${file} instead of one`);
    return parts.join(after);
  }, text);
}
