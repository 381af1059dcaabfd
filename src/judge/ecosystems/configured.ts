// Commands that a session's configuration names, in place of what the project's own ecosystem would do.
import { ECOSYSTEM_GATES, type Ecosystem, type EcosystemGate } from '../ecosystem.ts';
import type { Ground } from '../ground.ts';
import { type GatePlan, settled } from '../plan.ts';
import { readTests } from '../readers/tests.ts';
import { builds, lints, testsPass } from '../readings.ts';
import { ranToTheEnd } from './node-ended.ts';

/** Empty: what the ecosystem does. */
export interface Commands {
  readonly build: readonly string[];
  readonly test: readonly string[];
  readonly lint: readonly string[];
}

export const NO_COMMANDS: Commands = { build: [], test: [], lint: [] };

/** `base` does what is not configured; null: the project has no manifest that we know. */
export function configured(commands: Commands, base: Ecosystem | null): Ecosystem {
  const gates = ECOSYSTEM_GATES.map((gate): [EcosystemGate, Ecosystem['gates'][EcosystemGate]] => {
    const plan = planOf(commands, gate);
    if (plan !== null) return [gate, plan];
    return [gate, base?.gates[gate] ?? (() => nothing(gate))];
  });
  return {
    name: base?.name ?? 'configured',
    manifests: base?.manifests ?? [],
    gates: Object.fromEntries(gates) as Ecosystem['gates'],
  };
}

function planOf({ build, test, lint }: Commands, gate: EcosystemGate): ((ground: Ground) => GatePlan) | null {
  if (gate === 'build' && build.length > 0) return () => ({ is: 'run', steps: [{ argv: build }], read: builds });
  if (gate === 'lint' && lint.length > 0)
    return () => ({ is: 'run', steps: [{ argv: lint }], read: (ran) => lints(ran, []) });
  if (gate === 'test' && test.length > 0)
    return (ground) => ({
      is: 'run',
      steps: [{ argv: test }],
      read: (ran) => ranToTheEnd(ground, ran, testsPass(ran, [readTests])),
    });
  return null;
}

function nothing(gate: EcosystemGate): GatePlan {
  return gate === 'fetch'
    ? settled('passed', 'nothing is configured to be fetched')
    : settled('inconclusive', `no command is configured for "${gate}"`);
}
