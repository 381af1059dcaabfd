// Which faults a seed has: between four and twelve, so that 300 neighbouring seeds hold every pair of kinds.
import { Chance } from './chance.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';

/** Kinds that come in every night by turns: each seed has its own pair, so that none is left to chance. */
export function faultsOf(seed: number): readonly FaultKind[] {
  const chance = new Chance(seed + 0x5eed);
  const pairs = PAIRS.length;
  const own = [0, 1, 2, 3].flatMap((n) => PAIRS[(seed * 4 + n) % pairs] ?? []);
  const more = Array.from({ length: chance.whole(2, 8) }, () => chance.pick(FAULT_KINDS));
  return [...new Set([...own, ...more])];
}

const PAIRS: readonly (readonly [FaultKind, FaultKind])[] = FAULT_KINDS.flatMap((one, index) =>
  FAULT_KINDS.slice(index + 1).map((other) => [one, other] as const),
);
