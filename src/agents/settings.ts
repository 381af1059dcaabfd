// selfware.toml: the settings a selfware agent gets, each with its reason in docs/selfware.md.
import { stringify } from 'smol-toml';
import { modelsOf } from '../config/models.ts';
import type { Config } from '../config/schema.ts';

const HEAD = `# Settings of the selfware agents of this session, written by mega-test (docs/selfware.md explains each key).
# Limits here never end a night: the harness keeps the real ones.
`;

/** The text of selfware.toml; `gateway` is the agent's endpoint there. Keys under [agent.selfware] of the configuration are written over these. */
export function selfwareToml(config: Config, language: string, gateway: string | null = null): string {
  const { agent, limits, checkpoint } = config;
  const [primary] = modelsOf(config);
  const settings: Record<string, unknown> = {
    // With the gateway in front every turn has its own, here and in SELFWARE_ENDPOINT.
    endpoint: gateway ?? primary?.endpoint ?? 'http://127.0.0.1:8000/v1',
    model: primary?.model ?? 'none',
    max_tokens: agent.max_tokens,
    context_length: limits.max_context_size,
    agent: {
      max_iterations: agent.max_iterations,
      step_timeout_secs: agent.step_timeout_secs,
      // A context figure in 0.1.x, a cap in later ones: far above what one turn can use.
      token_budget: Math.max(limits.total_token_budget, 10_000_000),
      native_function_calling: false,
      streaming: true,
      require_verification_before_completion: language === 'rust',
    },
    // Off means: its state is saved after every step, so a kill loses no more than one.
    continuous_work: { enabled: false, auto_recovery: checkpoint.auto_recovery },
    retry: { max_retries: 5, base_delay_ms: 1000, max_delay_ms: 60_000 },
    ui: { animations: false },
  };
  return `${HEAD}\n${stringify(merged(settings, agent.selfware))}\n`;
}

function merged(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = result[key];
    result[key] = isTable(old) && isTable(value) ? merged(old, value) : value;
  }
  return result;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
