// Runs the commands of one plan one after the other, and reads what they gave; limits and missing tools are read here.
import { cleaned } from '../text/clean.ts';
import { type Bench, type Order, type Ran, runCommand } from './command.ts';
import type { Ground } from './ground.ts';
import { type GatePlan, inconclusive, type Reading, type Step } from './plan.ts';
import { missingTool } from './readings.ts';

export type RunPlan = Extract<GatePlan, { readonly is: 'run' }>;

export interface StepRun {
  readonly bench: Bench;
  readonly ground: Ground;
  /** Of commands that do not ask for it. */
  readonly network: 'closed' | 'open';
  /** For all steps together. */
  readonly maxMs: number;
  /** On top of what each step sets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly isOver?: () => boolean;
}

export interface StepsRan {
  readonly ran: readonly Ran[];
  readonly last: Ran;
  readonly notes: readonly string[];
}

/** Never throws for what the project does. */
export async function runPlan(
  plan: RunPlan,
  { bench, ground, network, maxMs, env, isOver }: StepRun,
): Promise<StepsRan> {
  const ran: Ran[] = [];
  const notes: string[] = [];
  const endMs = performance.now() + maxMs;
  for (const next of plan.steps) {
    const step: Step = typeof next === 'function' ? next(ran) : next;
    if (step.network === undefined && network === 'open')
      notes.push('the network was open: these walls cannot close it');
    const order: Order = {
      argv: step.argv,
      cwd: ground.root,
      network: step.network ?? network,
      fetches: step.network === 'open',
      ...(step.shown === undefined ? {} : { shown: step.shown }),
      maxMs: Math.max(1_000, endMs - performance.now()),
      env: { ...step.env, ...env },
      ...(step.report === undefined ? {} : { report: step.report }),
    };
    const one = await runCommand(bench, order);
    ran.push(one);
    const mayFail = plan.tolerant === true && step.needed !== true;
    const failed = one.exit !== null && one.exit.code !== 0 && !mayFail;
    if (isOver?.() === true || one.cut !== null || one.replaced.length > 0 || one.exit === null || failed) break;
  }
  const last = ran.at(-1);
  if (last === undefined) throw new Error('assertion failed: a plan without steps');
  return { ran, last, notes };
}

const CUT: Readonly<Record<NonNullable<Ran['cut']>, string>> = {
  time: 'did not end within its time',
  output: 'printed more than it may',
  memory: 'took more memory than it may',
  disk: 'wrote more than it may',
};

export function displaced({ shown, replaced }: Pick<Ran, 'shown' | 'replaced'>): string {
  return `${shown} put something else in the place of the judge’s own folder ${replaced.join(' and ')}`;
}

/** Limits and missing tools are the same for every gate; the rest is its own reading. */
export function verdictOf(last: Ran, { read }: Pick<RunPlan, 'read'>): Reading {
  const { shown, cut, replaced } = last;
  // Whatever else it says: the places in which it is judged are no longer those that it was given.
  if (replaced.length > 0) return { verdict: 'failed', reason: displaced(last) };
  if (cut !== null) return { verdict: 'failed', reason: `${shown} ${CUT[cut]}` };
  const missing = missingTool(last);
  if (missing !== null) {
    const said = last.exit === null ? `: ${cleaned(last.errors, 150)}` : '';
    return inconclusive(`${missing} is not there to run ${shown}${said}`);
  }
  return read(last);
}
