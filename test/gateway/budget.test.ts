// A budget holds whatever a client does: what is spent and what is in flight never exceed it, and nobody gets an error for it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Allowance } from '../../src/gateway/facts.ts';
import { type Need, weigh } from '../../src/gateway/reserve.ts';
import { runs } from '../fuzz/runs.ts';
import { TestClock } from './clock.ts';
import { ask, HELLO, scripted, startGate } from './gate.ts';
import { answer, type Heard } from './upstream.ts';

/** Uses a prompt's true worst case, for the request as the client sent it, and every token that it may. */
function greedy(heard: Heard): void {
  answer(heard, worst(heard));
}

function worst({ headers, body }: Heard) {
  return { prompt: Math.floor(Number(headers['x-bytes'] ?? 0) / 2), completion: Number(body.max_tokens) };
}

/** A core that counts what it is told, and says what is left. */
function purse(budget: number) {
  let spent = 0;
  return {
    spent: () => spent,
    tell: (fact: { is: string; prompt?: number; completion?: number }) => {
      spent += (fact.prompt ?? 0) + (fact.completion ?? 0);
    },
    allowanceOf: (): Allowance => ({ is: 'go', tokensLeft: budget - spent }),
  };
}

test('a runaway client with many calls at once never gets more spent and in flight than the budget', async () => {
  const core = purse(20_000);
  let [flying, most] = [0, 0];
  const costOf = (heard: Heard) => worst(heard).prompt + worst(heard).completion;
  const [upstream, row] = await scripted('main', (heard) => {
    flying += costOf(heard);
    most = Math.max(most, core.spent() + flying);
    // Answered only once others had every chance to come.
    setImmediate(() => {
      flying -= costOf(heard);
      greedy(heard);
    });
  });
  const gate = await startGate([row], core);
  let answered = 0;
  const clients = Array.from({ length: 40 }, async (_, nth) => {
    const body = { ...HELLO, max_tokens: 200 + 50 * nth, stream: nth % 2 === 0 };
    for (;;) {
      const headers = { 'x-bytes': Buffer.byteLength(JSON.stringify(body)) };
      const { broken } = await ask(gate, { body, headers });
      if (broken) return;
      answered++;
    }
  });
  // The end of the budget is told by a call that cannot be paid any more even alone.
  await gate.fact('unaffordable');
  for (let nth = 1; nth < 40; nth++) await gate.fact('unaffordable', nth);
  await gate.gateway.close();
  await Promise.all(clients);
  expect(most).toBeLessThanOrEqual(20_000);
  expect(core.spent()).toBeLessThanOrEqual(20_000);
  // And the budget is really used: what is left would not pay a useful answer.
  expect(20_000 - core.spent()).toBeLessThan(400);
  expect(answered).toBe(upstream.heard.length);
});

test('near the end the answer is cut to what is left, and the client is told nothing of it', async () => {
  const core = purse(1_000);
  const [upstream, row] = await scripted('main', greedy);
  const gate = await startGate([row], core);
  const reply = await ask(gate, { body: { ...HELLO, max_tokens: 50_000 } });
  expect(reply.status).toBe(200);
  const { max_tokens } = upstream.heard[0]?.body ?? {};
  expect(max_tokens).toBeGreaterThan(900);
  expect(max_tokens).toBeLessThan(1_000);
  expect(core.spent()).toBeLessThanOrEqual(1_000);
});

test('a call that cannot be paid waits, is told of once, and goes when there is more', async () => {
  const clock = new TestClock();
  let left = 50;
  const [, row] = await scripted('main', greedy);
  const gate = await startGate([row], {
    clock,
    limits: { holdMs: 250 },
    allowanceOf: () => ({ is: 'go', tokensLeft: left }),
  });
  const reply = ask(gate);
  await clock.fire(250);
  await clock.fire(250);
  left = 10_000;
  await clock.fire(250);
  expect((await reply).status).toBe(200);
  expect(gate.facts.map(({ is }) => is)).toEqual(['unaffordable', 'called']);
  expect(gate.facts[0]).toMatchObject({ tokensLeft: 50 });
});

test('a held call waits without an error, other agents go on, and it goes when it may', async () => {
  const clock = new TestClock();
  let held = true;
  const [upstream, row] = await scripted('main', (heard) => answer(heard));
  const gate = await startGate([row], {
    clock,
    limits: { holdMs: 250 },
    allowanceOf: ({ agent }) =>
      held && agent === 'alice' ? { is: 'hold', reason: 'paused' } : { is: 'go', tokensLeft: null },
  });
  const reply = ask(gate);
  await clock.fire(250);
  expect((await ask(gate, { agent: 'bob', token: gate.bobs })).status).toBe(200);
  clock.advance(8 * 3_600_000);
  await clock.fire(250);
  expect(upstream.heard).toHaveLength(1);
  held = false;
  await clock.fire(250);
  expect((await reply).status).toBe(200);
});

test('a held client that leaves costs nothing and leaves no timer', async () => {
  const clock = new TestClock();
  const [upstream, row] = await scripted('main', (heard) => answer(heard));
  const gate = await startGate([row], { clock, allowanceOf: () => ({ is: 'hold', reason: 'paused' }) });
  let leave = () => {};
  const reply = ask(gate, {
    onRequest: (sent) => {
      leave = () => sent.destroy();
    },
  });
  await clock.fire(1);
  leave();
  expect((await reply).broken).toBe(true);
  await gate.gateway.close();
  expect([clock.waiting, upstream.heard.length, gate.facts]).toEqual([0, 0, []]);
});

test('calls of a client that hangs up in the middle count against the budget', async () => {
  const core = purse(3_000);
  const text = 'word '.repeat(400);
  const [, row] = await scripted('main', ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`);
  });
  const gate = await startGate([row], core);
  const body = { ...HELLO, max_tokens: 500, stream: true };
  for (let call = 0; call < 5; call++) {
    await ask(gate, { body, onChunk: (_, sent) => sent.destroy() });
    await gate.fact('called', call);
  }
  expect(core.spent()).toBeGreaterThan(5 * 400);
  expect(core.spent()).toBeLessThanOrEqual(3_000);
});

test('whatever is asked for: what is granted fits, and is enough for the request as it is sent', () => {
  const need: fc.Arbitrary<Need> = fc.record({
    bytes: fc.nat(2_000_000),
    mostTokens: fc.option(fc.integer({ min: 1, max: 200_000 })),
    answers: fc.integer({ min: 1, max: 4 }),
    contextTokens: fc.option(fc.integer({ min: 1_000, max: 1_000_000 })),
  });
  fc.assert(
    fc.property(need, fc.nat(3_000_000), fc.nat(1_000_000), (asked, left, inFlight) => {
      const weighed = weigh(asked, left, inFlight);
      if (weighed.is === 'never') expect([inFlight, weighed.needs > left]).toEqual([0, true]);
      if (weighed.is === 'waits') expect(inFlight).toBeGreaterThan(0);
      if (weighed.is !== 'fits') return;
      expect(weighed.reserved + inFlight).toBeLessThanOrEqual(left);
      const most = weighed.mostTokens ?? asked.mostTokens;
      if (most !== null && most < (asked.contextTokens ?? Number.POSITIVE_INFINITY))
        expect(weighed.reserved).toBeGreaterThanOrEqual(most * asked.answers);
      if (asked.mostTokens !== null && weighed.mostTokens !== null)
        expect(weighed.mostTokens).toBeLessThanOrEqual(asked.mostTokens);
    }),
    runs(),
  );
});
