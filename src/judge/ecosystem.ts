// An ecosystem as the judge knows it: its manifests, and for each gate what to do.
import type { GateName } from './gate.ts';
import { GATES } from './gate.ts';
import type { Ground } from './ground.ts';
import type { GatePlan } from './plan.ts';

/** What is to be reached. */
export interface Targets {
  /** Shares, 0 to 1. */
  readonly coverage: number;
  readonly documentation: number;
}

export type EcosystemGate = Exclude<GateName, 'secrets'>;

export const ECOSYSTEM_GATES = GATES.filter((gate): gate is EcosystemGate => gate !== 'secrets');

export interface Ecosystem {
  readonly name: string;
  /** Files by which it is recognised. */
  readonly manifests: readonly string[];
  /** Does its tool look at each manifest by itself, even at one below another? Else what lies below one is a part of it. */
  readonly isApart?: true;
  readonly gates: Readonly<Record<EcosystemGate, (ground: Ground, targets: Targets) => GatePlan>>;
}
