// Aggregates: what COUNT, SUM, MIN, MAX and AVG remember while the rows of a group pass by.

import { checkRange, compareValues } from './values.js';

/**
 * All but COUNT(*) skip NULL, and give NULL (COUNT: 0) when nothing else came.
 * @param {{name: string, argument: import('./compile.js').Compiled | null}} aggregate
 * @returns {{add: (row: unknown[]) => void, result: () => import('./values.js').Value}}
 */
export function startAggregate({ name, argument }) {
  let count = 0;
  let state = null;
  const step = STEPS[name];
  return {
    add(row) {
      const value = argument === null ? true : argument.run(row);
      if (value === null) return;
      count += 1;
      state = state === null ? value : step(state, value);
    },
    result() {
      if (name === 'count') return count;
      if (state === null) return null;
      if (name === 'avg') return checkRange(state / count, 'REAL');
      return name === 'sum' ? checkRange(state, argument.type) : state;
    },
  };
}

const STEPS = {
  count: (state) => state,
  sum: (state, value) => state + value,
  avg: (state, value) => state + value,
  min: (state, value) => (compareValues(value, state) < 0 ? value : state),
  max: (state, value) => (compareValues(value, state) > 0 ? value : state),
};
