// The deadline ladder: told near the end of every phase and of the session, each once.
import { expect, test } from 'vitest';
import { CoreWorld, PLAN } from '../support/core-world.ts';

test('each phase’s end is told once, and the freeze before the session’s end', () => {
  const world = new CoreWorld(() => ({ ms: 10_000, changed: true }));
  world.pass(89_000);
  expect(world.asked('write-notice')).toEqual([]);
  world.pass(2_000);
  expect(world.asked('write-notice').map(({ text }) => text)).toEqual([expect.stringContaining('Phase "bootstrap"')]);
  world.pass(250_000);
  const texts = world.asked('write-notice').map(({ text }) => text);
  expect(texts).toHaveLength(3);
  expect(texts[1]).toContain('feature freeze');
  expect(texts[2]).toContain('Phase "development"');
});

test('nobody is told anything in a pause', () => {
  const world = new CoreWorld(() => ({ ms: 10_000, changed: true }), PLAN);
  world.pass(50_000);
  world.send({ type: 'pause-requested', by: 'Ada' });
  world.pass(500_000);
  expect(world.asked('write-notice')).toEqual([]);
});
