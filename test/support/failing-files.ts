// The system's files with one operation that fails a few times: what a disk or a kernel does that is not well.
import { type Files, SYSTEM_FILES } from '../../src/store/files.ts';

export function failure(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code, errno: -1 });
}

/** Files of which the next `times` calls of an operation fail with a word of the system. */
export function failing(operation: keyof Files, code: string, times: number): Files {
  let left = times;
  const real = SYSTEM_FILES[operation] as (...args: readonly unknown[]) => unknown;
  const failingNow = (...args: readonly unknown[]) => {
    if (left-- > 0) throw failure(code);
    return real(...args);
  };
  return { ...SYSTEM_FILES, [operation]: failingNow };
}
