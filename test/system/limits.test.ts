// Limits and models in real sessions: a runaway agent, a model that fails for ever, one that lies, one that speaks of limits.

import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { FinalReport } from '../../src/report/final.ts';
import { inPlace, type Place } from '../support/mega.ts';

const ARGS = ['--duration', '12s', '--agents', '1', '--backoff-initial', '0s', '--backoff-max', '0s'];
const PHASE = '[[phases]]\nname = "all"\nduration_minutes = 1\nobjectives = ["one", "two", "three", "four"]\n';

function act(what: string, more = ''): string {
  return `pace_ms = 150\n[[act]]\nturn = 1\nafter_tools = 2\ndo = "${what}"\n${more}`;
}

function configure(place: Place, toml: string): void {
  writeFileSync(`${place.dir}/mega_test_config.toml`, `${toml}\n${PHASE}`);
}

interface Upstream {
  readonly url: string;
  readonly asked: () => number;
  /** Tokens it counted itself, over all answers it gave to their end. */
  readonly tokens: () => number;
}

/** An upstream of its own for a test; `status` is what it answers. */
async function withUpstream(status: number, work: (upstream: Upstream) => Promise<void>): Promise<void> {
  let asked = 0;
  let tokens = 0;
  const server: Server = createServer((request, response) => {
    asked++;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    request.on('end', () => {
      response.writeHead(status, { 'content-type': 'application/json' });
      if (status !== 200) return response.end('{"error":{"message":"it is broken"}}');
      const usage = { prompt_tokens: size % 997, completion_tokens: 7, total_tokens: (size % 997) + 7 };
      tokens += usage.total_tokens;
      const message = { role: 'assistant', content: 'done' };
      const body = {
        id: 'x',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, message }],
        usage,
      };
      return response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await work({ url: `http://127.0.0.1:${port}/v1`, asked: () => asked, tokens: () => tokens });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

function reportOf(place: Place): FinalReport {
  return place.session('s').json<FinalReport>('final_report.json');
}

describe.concurrent('a session', () => {
  test(
    'with a budget of 50,000 tokens holds it against a runaway agent: ended in order, judged, never above it',
    inPlace(async (place) => {
      configure(place, '[limits]\ntotal_token_budget = 50000');
      const { code } = await place.rehearse('s', act('runaway'), ...ARGS).ended;
      const report = reportOf(place);
      expect(report).toMatchObject({ status: 'complete', ending: expect.stringContaining('token budget spent') });
      expect(report.metrics.tokens_consumed).toBeGreaterThan(40_000);
      expect(report.metrics.tokens_consumed).toBeLessThanOrEqual(50_000);
      expect([0, 1]).toContain(code);
      const counted = place
        .session('s')
        .eventsOf('model-called')
        .reduce((sum, one) => sum + one.prompt + one.completion, 0);
      expect(counted).toBe(report.metrics.tokens_consumed);
    }),
  );

  test(
    'whose only model answers 500 for ever gives up after the ladder and asks for a person, saved',
    inPlace(async (place) => {
      await withUpstream(500, async ({ url, asked }) => {
        configure(place, `[limits]\npause_limit_minutes = 0.1\n[[models]]\nendpoint = "${url}"\nmodel = "m"`);
        const { code } = await place.rehearse('s', 'pace_ms = 150\n', ...ARGS, '--duration', '5m').ended;
        expect(code).toBe(4);
        expect(reportOf(place)).toMatchObject({ status: 'paused' });
        const failures = reportOf(place).failures;
        expect(failures).toHaveLength(5);
        expect(new Set(failures.map(({ kind }) => kind))).toEqual(new Set(['llm-error']));
        expect(asked()).toBeLessThan(100);
      });
    }),
  );

  test(
    'goes on with the next model of the chain when the first one fails, and says so',
    inPlace(async (place) => {
      await withUpstream(500, (broken) =>
        withUpstream(200, async (good) => {
          const models = [broken, good].map(
            ({ url }, i) => `[[models]]\nname = "m${i}"\nendpoint = "${url}"\nmodel = "m"\n`,
          );
          configure(place, models.join('\n'));
          await place.rehearse('s', 'pace_ms = 150\n', ...ARGS).ended;
          const report = reportOf(place);
          expect(report.failures).toEqual([]);
          expect(report.model_switches[0]).toMatchObject({
            from: 'm0',
            to: 'm1',
            reason: expect.stringContaining('500'),
          });
          expect(report.metrics.tokens_consumed).toBe(good.tokens());
        }),
      );
    }),
  );

  test(
    'with an agent that lies about its tokens reports what its models counted',
    inPlace(async (place) => {
      await withUpstream(200, async ({ url, tokens }) => {
        configure(place, `[[models]]\nendpoint = "${url}"\nmodel = "m"`);
        await place.rehearse('s', `${act('lie-tokens', 'factor = 300\n')}`, ...ARGS).ended;
        const { metrics } = reportOf(place);
        expect(metrics).toMatchObject({ tokens_source: 'gateway', tokens_consumed: tokens() });
        expect(metrics.agent_tokens).toBeGreaterThan(tokens() * 10);
        expect(metrics.token_drift).toBeGreaterThan(9);
        expect(place.session('s').metrics.tokens_consumed).toBe(tokens());
      });
    }),
  );

  test(
    'that builds a rate limiter triggers no rule for rate limits: what models and tools say is no evidence',
    inPlace(async (place) => {
      const rule = (pattern: string) =>
        `[[error_handling.rules]]\npattern = "${pattern}"\nseverity = "critical"\naction = "pause_and_alert"\n`;
      configure(place, ['rate.?limit', 'timeout', 'disk.?full', 'permission.?denied', '429'].map(rule).join(''));
      await place.rehearse('s', act('speak-of-limits'), ...ARGS).ended;
      expect(reportOf(place)).toMatchObject({ failures: [], pauses: [], status: 'complete' });
    }),
  );

  test(
    'is told another limit while it runs, keeps it, and reports who changed it and why',
    inPlace(async (place) => {
      configure(place, '');
      const running = place.rehearse('s', act('runaway'), ...ARGS, '--duration', '5m');
      await place.session('s').eventOf('model-called');
      const changed = await place.run('limits', 's', 'total_token_budget=30000', '--why', 'enough');
      expect(changed).toMatchObject({ code: 0, out: expect.stringContaining('5000000 -> 30000') });
      await running.ended;
      const report = reportOf(place);
      expect(report.ending).toContain('token budget spent');
      expect(report.limits_changed).toMatchObject([{ limit: 'totalTokens', to: 30_000, why: 'enough' }]);
    }),
  );

  test(
    'takes faults only where they are allowed, and marks what follows from them as injected',
    inPlace(async (place) => {
      configure(place, '[chaos]\nallow = true');
      const running = place.rehearse('s', 'pace_ms = 300\n', ...ARGS, '--duration', '5m');
      await place.session('s').eventOf('tool-called');
      const wrong = await place.run('chaos', 's', 'earthquake');
      expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('there is no fault "earthquake"') });
      expect((await place.run('chaos', 's', 'kill')).code).toBe(0);
      await place.session('s').eventOf('agent-recovered');
      await place.run('stop', 's');
      await running.ended;
      const report = reportOf(place);
      expect(report.failures).toMatchObject([{ kind: 'process-crash', injected: true }]);
      expect(report.recovery.injected).toMatchObject({ episodes: 1 });
      expect(report.recovery.real).toMatchObject({ episodes: 0 });
      for (const wish of [
        ['chaos', 's', 'kill'],
        ['limits', 's', 'max_cost_usd=1', '--why', 'late'],
        ['session', 'compress', '--session-id', 's'],
      ])
        expect(await place.run(...wish)).toMatchObject({ code: 2, err: expect.stringContaining('it is complete') });
    }),
  );

  test(
    'compresses the context of whoever works when a person asks for it',
    inPlace(async (place) => {
      configure(place, '');
      const running = place.rehearse('s', 'pace_ms = 300\n', ...ARGS, '--duration', '5m');
      await place.session('s').eventOf('tool-called');
      const refused = await place.run('chaos', 's', 'kill');
      expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('chaos.allow is not set') });
      const before = place.session('s').events().length;
      expect(await place.run('session', 'compress', '--session-id', 's')).toMatchObject({ code: 0, err: '' });
      await place.session('s').eventOf('agent-recovered', before);
      const { turn } = await place.session('s').eventOf('agent-started', before);
      await place.run('stop', 's');
      await running.ended;
      expect(reportOf(place).failures).toMatchObject([{ kind: 'memory-pressure' }]);
      const name = `turn_${String(turn).padStart(3, '0')}.txt`;
      const prompt = place.session('s').text('agents', 'architect', 'prompts', name);
      expect(prompt).toContain('this turn begins with a short context');
    }),
  );
});
