// Each kind of fault reaches the agent as it would come from an endpoint, is marked as injected, and blames no upstream.
import { expect, test } from 'vitest';
import type { Caller, Fault } from '../../src/gateway/facts.ts';
import { TestClock } from './clock.ts';
import { ask, HELLO, scripted, startGate } from './gate.ts';
import { answer } from './upstream.ts';

/** The first call of alice meets the fault, later ones and those of others do not. */
async function disturbed(fault: Fault, clock?: TestClock) {
  const [upstream, row] = await scripted('main', (heard) => answer(heard));
  let first = true;
  let meet = () => {};
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  const faultOf = ({ agent }: Caller) => {
    if (!first || agent !== 'alice') return null;
    first = false;
    meet();
    return fault;
  };
  const limits = { slowMs: 20_000, breakerFailures: 1 };
  return {
    upstream,
    met,
    gate: await startGate([row], { faultOf, limits, ...(clock === undefined ? {} : { clock }) }),
  };
}

test.each([
  ['rate-limit', 429],
  ['server-error', 500],
] satisfies [Fault, number][])('%s: the agent gets a %i, and the next call is answered', async (fault, status) => {
  const { upstream, gate } = await disturbed(fault);
  const reply = await ask(gate);
  expect([reply.status, upstream.heard.length]).toEqual([status, 0]);
  expect(JSON.parse(reply.text).error.message).toMatch(/\w/);
  expect((await ask(gate)).status).toBe(200);
  expect(gate.facts).toMatchObject([
    { is: 'called', outcome: 'failed', status, injected: true, text: `injected: ${fault}`, prompt: 0, completion: 0 },
    { is: 'called', outcome: 'answered', injected: false },
  ]);
});

test('malformed: the agent gets a 200 that is no JSON', async () => {
  const { upstream, gate } = await disturbed('malformed');
  const reply = await ask(gate);
  expect([reply.status, upstream.heard.length]).toEqual([200, 0]);
  expect(() => JSON.parse(reply.text)).toThrow();
  expect(gate.called()).toMatchObject([{ outcome: 'failed', injected: true }]);
});

test('hang: nothing is answered until the agent hangs up', async () => {
  const clock = new TestClock();
  const { upstream, met, gate } = await disturbed('hang', clock);
  let leave = () => {};
  const reply = ask(gate, {
    onRequest: (sent) => {
      leave = () => sent.destroy();
    },
  });
  await met;
  // Another call goes through meanwhile, and hours go by.
  await ask(gate, { agent: 'bob', token: gate.bobs });
  clock.advance(3_600_000);
  leave();
  expect((await reply).broken).toBe(true);
  await gate.fact('called', 1);
  expect(gate.called()).toMatchObject([
    { agent: 'bob', outcome: 'answered', injected: false },
    { agent: 'alice', outcome: 'cut', status: null, injected: true },
  ]);
  expect(upstream.heard).toHaveLength(1);
});

test.each([false, true])('cut-stream: the answer is torn in the middle (streamed: %s), and counted', async (stream) => {
  const { upstream, gate } = await disturbed('cut-stream');
  const reply = await ask(gate, { body: { ...HELLO, stream } });
  expect([reply.status, reply.broken, upstream.heard.length]).toEqual([200, true, 1]);
  expect(reply.bytes.length).toBeGreaterThan(0);
  const fact = await gate.fact('called');
  expect(fact).toMatchObject({ outcome: 'cut', injected: true, text: 'cut by the fault schedule' });
  expect(fact.prompt).toBeGreaterThan(0);
  expect((await ask(gate)).status).toBe(200);
});

test('slow-first-byte: the answer comes late, and whole', async () => {
  const clock = new TestClock();
  const { gate } = await disturbed('slow-first-byte', clock);
  const reply = ask(gate);
  await clock.fire(20_000);
  expect((await reply).status).toBe(200);
  expect(gate.called()).toMatchObject([{ outcome: 'answered', injected: true, source: 'reported' }]);
});
