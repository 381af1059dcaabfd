// Shares as people read them.
import { expect, test } from 'vitest';
import { percent } from '../../src/text/percent.ts';

test.each([
  [1, '100 %'],
  [0.9996, '99.9 %'],
  [0.8, '80 %'],
  [0.57, '57 %'],
  [0.29, '29 %'],
  [0.7999, '79.9 %'],
  [0, '0 %'],
])('%d is %s, never rounded up', (share, text) => {
  expect(percent(share)).toBe(text);
});
