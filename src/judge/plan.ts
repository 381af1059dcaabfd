// What a gate does: commands and how their results are read, or a verdict that needs no command.
import type { Ran } from './command.ts';
import type { Figures, Finding, GateVerdict } from './gate.ts';

export interface Step {
  readonly argv: readonly string[];
  /** What is shown of it, where its words are long. */
  readonly shown?: string;
  /** Only for tools that run nothing of the project. */
  readonly network?: 'open';
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute path of a file it writes. */
  readonly report?: string;
  /** When it fails, it is the last one in a tolerant plan, too. */
  readonly needed?: boolean;
}

/** A step that depends on what the ones before it gave. */
export type NextStep = Step | ((before: readonly Ran[]) => Step);

export interface Reading {
  readonly verdict: GateVerdict;
  readonly reason: string;
  readonly figures?: Figures;
  readonly findings?: readonly Finding[];
}

export type GatePlan =
  | {
      readonly is: 'run';
      /** One after the other; the first that fails is the last, unless `tolerant` and not `needed`. */
      readonly steps: readonly NextStep[];
      /** A failing step does not keep the next one from running. */
      readonly tolerant?: boolean;
      /** Gets the last step that ran, when it ended by itself within its limits. */
      readonly read: (last: Ran) => Reading;
    }
  | (Reading & { readonly is: 'settled' });

export function inconclusive(reason: string): Reading {
  return { verdict: 'inconclusive', reason };
}

export function settled(verdict: GateVerdict, reason: string): GatePlan {
  return { is: 'settled', verdict, reason };
}

/** `cargo build: exit code 101`. */
export function ending({ shown, exit }: Ran): string {
  if (exit === null) return `${shown} could not be started`;
  return exit.signal === null ? `${shown}: exit code ${exit.code}` : `${shown}: ended by ${exit.signal}`;
}

export function endedWell({ exit }: Ran): boolean {
  return exit?.code === 0;
}
