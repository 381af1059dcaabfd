// The order in which requests go: first come, first served; nobody is overtaken for ever; held ones hold up nobody.
import { expect, test } from 'vitest';
import type { Allowance, Caller } from '../../src/gateway/facts.ts';
import { type Grant, Queue } from '../../src/gateway/queue.ts';
import type { Need } from '../../src/gateway/reserve.ts';
import { TestClock } from './clock.ts';

const ALICE: Caller = { agent: 'alice', turn: 1 };
const BOB: Caller = { agent: 'bob', turn: 1 };

function aQueue(allowanceOf: (caller: Caller) => Allowance) {
  const clock = new TestClock();
  const told: string[] = [];
  const parts = { clock, after: clock.after, tell: ({ is }: { is: string }) => told.push(is), allowanceOf };
  const queue = new Queue(
    { ...parts, upstreams: [], faultOf: () => null, callerOf: () => null, log: { warn: () => {} } },
    250,
  );
  const gone: string[] = [];
  const grants = new Map<string, Grant>();
  const leaving = new AbortController();
  const ask = (name: string, tokens: number, { caller = ALICE, left = new AbortController().signal } = {}) => {
    const need: Need = { bytes: 0, mostTokens: tokens, answers: 1, contextTokens: null };
    return queue.admit(caller, need, left).then((grant) => {
      if (grant === null) return;
      gone.push(name);
      grants.set(name, grant);
    });
  };
  /** Lets everything happen that is due. */
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { clock, queue, told, gone, ask, settled, leaving, end: (name: string) => grants.get(name)?.giveBack() };
}

test('a small request does not overtake a large one that waits for others', async () => {
  const { gone, ask, settled, end, queue } = aQueue(() => ({ is: 'go', tokensLeft: 10_000 }));
  void ask('first', 6_000);
  void ask('large', 8_000);
  void ask('small', 1_000);
  await settled();
  expect([gone, queue.inFlight]).toEqual([['first'], 6_000]);
  end('first');
  await settled();
  expect([gone, queue.inFlight]).toEqual([['first', 'large', 'small'], 9_000]);
  end('large');
  end('large');
  end('small');
  expect(queue.inFlight).toBe(0);
});

test('when the one at the head leaves, those behind it go', async () => {
  const { gone, ask, settled, leaving } = aQueue(() => ({ is: 'go', tokensLeft: 10_000 }));
  void ask('first', 6_000);
  void ask('large', 8_000, { left: leaving.signal });
  void ask('small', 1_000);
  leaving.abort();
  await settled();
  expect(gone).toEqual(['first', 'small']);
});

test('what is held, or can never be paid, holds up nobody', async () => {
  const held = (caller: Caller): Allowance =>
    caller.agent === 'bob' ? { is: 'hold', reason: 'paused' } : { is: 'go', tokensLeft: 300 };
  const { gone, told, ask, settled } = aQueue(held);
  void ask('held', 10, { caller: BOB });
  void ask('going', 100);
  await settled();
  expect([gone, told]).toEqual([['going'], []]);
});

test('nothing in flight and still too much: told once, and others that can be paid go', async () => {
  let tokensLeft = 200;
  const { gone, told, ask, settled, clock } = aQueue(() => ({ is: 'go', tokensLeft }));
  void ask('large', 5_000);
  void ask('small', 100);
  await settled();
  expect([gone, told]).toEqual([['small'], ['unaffordable']]);
  tokensLeft = 10_000;
  await clock.fire(250);
  await settled();
  expect([gone, told]).toEqual([['small', 'large'], ['unaffordable']]);
});
