// What the gateway counts is what the upstreams themselves counted, over hundreds of calls of every kind, with failures.
import { expect, test } from 'vitest';
import { ask, HELLO, scripted, startGate } from './gate.ts';
import { nextRandom } from './random.ts';
import { answer, fail, type Heard, type Script, type Style } from './upstream.ts';

const CALLS = 400;

test.each([1, 2, 3])('seed %i: every call that ended is counted as its upstream counted it', async (seed) => {
  const random = nextRandom(seed);
  const own = new Map([
    ['first', 0],
    ['second', 0],
  ]);
  const counting = (name: string, style: Style, failing: number): Script => {
    const counted = (heard: Heard) => {
      const [prompt, completion] = [1 + Math.floor(random() * 5_000), 1 + Math.floor(random() * 900)];
      own.set(name, (own.get(name) ?? 0) + prompt + completion);
      answer(heard, { style, prompt, completion, text: 'word '.repeat(1 + Math.floor(random() * 30)) });
    };
    return (heard) => {
      const dice = random();
      if (dice < failing) fail(heard, [500, 502, 503, 429][Math.floor(random() * 4)] ?? 500);
      else if (dice < failing * 1.2) heard.response.destroy();
      else counted(heard);
    };
  };
  const [, first] = await scripted('first', counting('first', 'vllm', 0.2));
  const [, second] = await scripted('second', counting('second', seed === 1 ? 'ollama' : 'llama.cpp', 0.1));
  const gate = await startGate([first, second], { limits: { breakerFailures: 4, coolDownMs: 20 } });
  const statuses: number[] = [];
  const client = async () => {
    while (statuses.length < CALLS) {
      const stream = random() < 0.6;
      const options = random() < 0.5 ? { stream_options: { include_usage: true } } : {};
      const path = random() < 0.9 ? '/chat/completions' : '/completions';
      statuses.push((await ask(gate, { path, body: { ...HELLO, stream, ...(stream ? options : {}) } })).status);
    }
  };
  await Promise.all(Array.from({ length: 12 }, client));
  const ended = gate.called().filter(({ outcome }) => outcome === 'answered');
  expect(ended.length).toBe(statuses.filter((status) => status === 200).length);
  expect(ended.length).toBeGreaterThan(CALLS * 0.9);
  expect(new Set(ended.map(({ source }) => source))).toEqual(new Set(['reported']));
  for (const [name, sum] of own)
    expect(
      ended.filter(({ upstream }) => upstream === name).reduce((all, fact) => all + fact.prompt + fact.completion, 0),
      name,
    ).toBe(sum);
});
