// An agent's place behind everything else: last for the processor, first in line when memory runs out.
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** 0 is everybody's, 19 the lowest. */
export const NICENESS = 5;
/** -1000 (never) to 1000 (first): the kernel's OOM killer takes the agent, not the harness. */
export const OOM_SCORE = 900;

/** Puts a process that was just started in its place; what it starts from now on inherits it. */
export function stepBack(pid: number, niceness = NICENESS): void {
  try {
    setPriority(pid, niceness);
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(OOM_SCORE));
  } catch {
    // Gone already, or a system without such a file: a courtesy, no promise.
  }
}
