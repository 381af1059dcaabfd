// The words of the probes that run beside the built program: a check looks at one promise and throws Wrong when it is broken.
import { isDeepStrictEqual } from 'node:util';
import type { Stage } from './stage.ts';

export interface Check {
  /** What is promised, in a few words. */
  readonly name: string;
  readonly run: (stage: Stage) => Promise<void>;
}

/** The checks of one component, under its id in projects/<type>.toml. */
export interface Suite {
  readonly component: string;
  readonly checks: readonly Check[];
}

/** What was promised did not come true: a fault of the built program, never one of ours. */
export class Wrong extends Error {}

export function holds(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Wrong(otherwise);
}

export function same(what: string, got: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(got, wanted)) throw new Wrong(`${what}: expected ${shown(wanted)}, got ${shown(got)}`);
}

export function matches(what: string, got: unknown, wanted: RegExp): void {
  if (typeof got !== 'string' || !wanted.test(got))
    throw new Wrong(`${what}: expected ${wanted.source}, got ${shown(got)}`);
}

export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 160 ? text : `${text.slice(0, 157)}...`;
}

/** Rejects with Wrong when the answer is not there in time. */
export async function within<T>(limitMs: number, what: string | (() => string), answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Wrong(`${typeof what === 'string' ? what : what()}: nothing within ${limitMs} ms`)),
      limitMs,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again until the answer is wanted; Wrong with the last answer when it never is. */
export async function until<T>(
  limitMs: number,
  what: string,
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > endMs) throw new Wrong(`${what}: still ${shown(answer)} after ${limitMs} ms`);
    await pause(20);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
