// selfware.toml as every agent gets it: valid, within its limits, and with the person's own settings on top.
import { parse } from 'smol-toml';
import { expect, test } from 'vitest';
import { selfwareToml } from '../../src/agents/settings.ts';
import { CONFIG } from '../../src/config/schema.ts';

interface Settings extends Record<string, unknown> {
  readonly agent: Record<string, unknown>;
}

function settings(input: unknown, language = 'rust'): Settings {
  return parse(selfwareToml(CONFIG.parse(input), language)) as unknown as Settings;
}

test('endpoint, model and limits of the configuration arrive', () => {
  const read = settings({
    agent: {
      endpoint: 'http://127.0.0.1:1/v1',
      model: 'm "x"\n',
      max_tokens: 5,
      max_iterations: 7,
      step_timeout_secs: 9,
    },
    limits: { max_context_size: 2_000 },
    checkpoint: { auto_recovery: false },
  });
  expect(read).toMatchObject({
    endpoint: 'http://127.0.0.1:1/v1',
    model: 'm "x"\n',
    max_tokens: 5,
    context_length: 2_000,
  });
  expect(read.agent).toMatchObject({ max_iterations: 7, step_timeout_secs: 9, streaming: true });
  expect(read.continuous_work).toEqual({ enabled: false, auto_recovery: false });
});

test('the agent’s own token limit never ends a turn before the session’s does', () => {
  expect(settings({}).agent.token_budget).toBe(10_000_000);
  expect(settings({ limits: { total_token_budget: 50_000_000 } }).agent.token_budget).toBe(50_000_000);
});

test('cargo’s checks are only demanded of a project in Rust', () => {
  expect(settings({}, 'rust').agent.require_verification_before_completion).toBe(true);
  expect(settings({}, 'typescript').agent.require_verification_before_completion).toBe(false);
});

test('settings of one’s own are written over ours, table by table', () => {
  const read = settings({
    agent: {
      selfware: { agent: { streaming: false, extra: [1, 2] }, retry: 'none', safety: { allowed_paths: ['./**'] } },
    },
  });
  expect(read.agent).toMatchObject({ streaming: false, extra: [1, 2], max_iterations: 10_000 });
  expect(read).toMatchObject({ retry: 'none', safety: { allowed_paths: ['./**'] }, ui: { animations: false } });
});

test('the key of the endpoint is never written', () => {
  expect(selfwareToml(CONFIG.parse({ agent: { api_key_env: 'MY_KEY' } }), 'rust')).not.toMatch(/api_key|MY_KEY/);
});
