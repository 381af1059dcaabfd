// Shares as people read them.

/** A share of 0 to 1 in percent with one place, never rounded up: 99.96 % of the lines are not all of them. */
export function percent(share: number): string {
  // What binary fractions lose must not cost a place: 0.57 * 1000 is a hair below 570.
  return `${Math.floor(share * 1000 + 1e-9) / 10} %`;
}
