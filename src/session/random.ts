// A seeded random number for jitter: pure, so that a replayed journal decides the same.

/** The next state of the generator and a number in [0, 1). Mulberry32. */
export function draw(state: number): readonly [state: number, value: number] {
  const next = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(next ^ (next >>> 15), 1 | next);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return [next, ((t ^ (t >>> 14)) >>> 0) / 4294967296];
}
