// Every option there is: its type, range and default. The names are those of mega_test_config.toml.
import { z } from 'zod';
import { FAULT_KINDS } from '../session/event.ts';
import { SESSION_ID } from '../store/layout.ts';
import { judge, project } from './judge-options.ts';
import { count, number, share, text, words } from './value-kinds.ts';

const session = z.strictObject({
  id: z
    .union([z.literal('auto'), z.string().regex(SESSION_ID, 'must match ^[a-z0-9][a-z0-9._-]{0,63}$')])
    .default('auto')
    .describe('Name of the session and its folder; "auto" makes one from time and project'),
  duration_hours: number(10 / 3600, 24)
    .default(6)
    .describe('Length in hours, 10 s to 24 h; phases are scaled to it'),
  agent_count: count(1, 16).default(6).describe('Number of agents, 1 to 16'),
  project_type: z.string().default('task_queue').describe('What to build: a built-in project or one under [projects]'),
  runs_dir: z.string().min(1).default('test_runs').describe('Folder that holds the session directories'),
  deadline: z
    .string()
    .optional()
    .describe('Wall time that beats everything: 2026-11-24T06:00 or 06:00; saved 60 s before'),
  advance_when_done: z.boolean().default(false).describe('Skip to the next phase when no agent has anything open'),
});

const checkpoint = z.strictObject({
  enabled: z.boolean().default(true).describe('Write checkpoints at all'),
  interval_minutes: number(1 / 60, 1440)
    .default(10)
    .describe('Minutes between checkpoints'),
  tool_call_threshold: count(1, 1e9).default(100).describe('Also after so many tool calls'),
  token_threshold: count(1, 1e12).default(500_000).describe('Also after so many tokens'),
  auto_recovery: z.boolean().default(true).describe('Recover from failures; false pauses at the first one'),
  max_recovery_attempts: count(0, 1000).default(5).describe('Tries for one failure without progress, then paused'),
  backoff_strategy: z
    .enum(['fixed', 'linear', 'exponential'])
    .default('exponential')
    .describe('How waits between tries grow'),
  backoff_initial_seconds: number(0, 86_400).default(30).describe('First wait, in seconds'),
  backoff_max_seconds: number(0, 86_400).default(300).describe('Longest wait, in seconds'),
  exclude: words.default(['node_modules']).describe('Folders left out of snapshots, by name, or by path with a slash'),
});

const agent = z.strictObject({
  kind: z
    .enum(['selfware', 'command', 'rehearsal'])
    .default('selfware')
    .describe('Which agent: selfware, any command, or the rehearsal'),
  program: z.string().min(1).default('selfware').describe('The selfware binary, by name or path'),
  command: words
    .default([])
    .describe('For kind "command": argv; {project} {home} {prompt_file} {max_seconds} are filled in'),
  model: z.string().optional().describe('Model name sent to the endpoint'),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' })
    .optional()
    .describe('OpenAI-compatible endpoint, like http://127.0.0.1:8000/v1'),
  api_key_env: z
    .string()
    .default('SELFWARE_API_KEY')
    .describe('Environment variable that holds the key; never the key itself'),
  max_tokens: count(1, 10_000_000).default(65_536).describe('Longest answer of one call, in tokens'),
  max_iterations: count(1, 1e9).default(10_000).describe('Iterations of one turn'),
  step_timeout_secs: count(1, 86_400).default(600).describe('Time limit of one tool call, in seconds'),
  max_turn_minutes: number(1 / 60, 1440)
    .default(60)
    .describe('Longest turn, in minutes'),
  stall_seconds: number(1, 86_400)
    .optional()
    .describe('No sign of progress for so long is a stall; default 2 x step_timeout_secs + 60'),
  concurrent_agents: count(1, 16).default(6).describe('Cap on agents at work at the same time'),
  roles: words
    .min(1)
    .default(['Architect', 'Coder', 'Tester', 'Reviewer', 'Security', 'DevOps'])
    .describe('Roles, given to the agents in turn'),
  min_trust_score: share.default(0.3).describe('Below this trust an agent gets no more work'),
  max_trust_score: share.default(1).describe('Highest trust'),
  dynamic_spawning: z.boolean().default(false).describe('Add agents while running'),
  max_total_agents: count(1, 64).default(8).describe('Most agents with dynamic_spawning'),
  confinement: z
    .enum(['auto', 'full', 'processes', 'group'])
    .default('auto')
    .describe('Walls round the agents; auto takes the highest level that works here'),
  env_pass: words.default([]).describe('Environment variables an agent may see beside the usual ones'),
  home_files: words
    .default([])
    .describe('Files below your home that are copied into an agent’s home (0600), to log in with'),
  output_limit_mb: number(1, 1e6).default(256).describe('Output kept of each agent: head and tail, in MiB'),
  selfware: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Further settings written into selfware.toml as they are'),
});

const rehearsal = z.strictObject({
  scenario: z.string().optional().describe('Scenario file of the rehearsal agent, or the name of a shipped one'),
});

const consensus = z.strictObject({
  enabled: z.boolean().default(true).describe('Let agents vote'),
  min_votes: count(1, 16).default(3).describe('Votes needed'),
  vote_timeout_secs: count(1, 86_400).default(300).describe('Time to vote, in seconds'),
  strategy: z.enum(['unanimous', 'majority', 'weighted', 'priority']).default('weighted').describe('How votes count'),
  threshold: share.default(0.6).describe('Share needed'),
});

const limits = z.strictObject({
  total_token_budget: count(1, 1e12)
    .default(5_000_000)
    .describe('Tokens of the whole session; then it is wrapped up and judged'),
  tokens_per_agent_per_hour: count(1, 1e12)
    .default(200_000)
    .describe('Tokens of one agent in an hour; then it is held'),
  tool_calls_per_agent_per_hour: count(1, 1e9)
    .default(500)
    .describe('Tool calls of one agent in an hour; then it is told to batch, then held'),
  max_context_size: count(1_000, 1e8)
    .default(128_000)
    .describe('Prompt of one call, in tokens; beyond it the turn starts again with a compact frontier'),
  max_cost_usd: number(0.01, 1e6).optional().describe('Cost of the whole session in USD; needs models with prices'),
  agent_memory_mb: number(16, 1e7)
    .optional()
    .describe('Resident memory of the agents’ processes, in MB; beyond it the turn starts again, compact'),
  max_usage_windows: count(0, 100)
    .default(3)
    .describe('Usage windows of a model that are waited for; 0 pauses for a person instead'),
  disk_space_limit_gb: number(0.01, 1e6).default(2).describe('What the session directory may hold, in GB'),
  disk_floor_mb: number(1, 1e6).default(256).describe('Free space under which agents are frozen, in MB'),
  max_test_runtime_min: number(0.1, 1440).default(30).describe('One run of the built project’s tests, in minutes'),
  pause_limit_minutes: number(0.1, 10_080)
    .default(60)
    .describe('How long a pause lasts without a terminal before the session is put down, saved'),
});

const recovery = z.strictObject({
  window_minutes: number(0.1, 1440).default(10).describe('Sliding window of the restart intensity'),
  restarts_per_window: count(1, 10_000)
    .default(5)
    .describe('More restarts of one agent in the window pause the session'),
  recovery_drill: z
    .boolean()
    .default(true)
    .describe(
      'Kill one agent at 60 % of a session of 5 min or more when nothing has failed by then, to prove recovery',
    ),
  restarts_per_session: count(1, 100_000).default(20).describe('More restarts of one agent in all pause the session'),
});

/** One model of the chain; the first is the primary, the others are gone to when it fails. */
const model = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,31}$/, 'must be a short lower-case name')
    .optional(),
  endpoint: z.url({ protocol: /^https?$/, error: 'must be a URL that begins with http:// or https://' }),
  model: z.string().min(1).max(200),
  api_key_env: z.string().max(200).optional(),
  prompt_usd_per_million: number(0, 1e5).optional(),
  completion_usd_per_million: number(0, 1e5).optional(),
  price_date: z.iso.date({ error: 'must be a day in quotes, like "2026-05-01"' }).optional(),
  context_length: count(1_000, 1e8).optional(),
});

const gateway = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Put our gateway between the agents and their models: it counts, limits and fails over'),
  first_byte_timeout_secs: number(1, 3600)
    .default(300)
    .describe('How long a model may take to begin its answer, in seconds'),
  idle_timeout_secs: number(1, 3600).default(120).describe('How long an answer may stand still, in seconds'),
  failures_to_open: count(1, 100).default(3).describe('Failed calls in a row after which a model is left alone'),
  cooldown_seconds: number(1, 86_400).default(60).describe('How long it is left alone before it is tried again'),
  when_down: z
    .enum(['wait', 'refuse'])
    .default('wait')
    .describe('No model answers at the start: wait, or refuse to start'),
  wait_minutes: number(0, 1440).default(10).describe('How long to wait then, in minutes'),
});

const chaosFault = z.strictObject({
  at_minutes: number(0, 1440),
  fault: z.enum(FAULT_KINDS),
  agent: z.string().max(64).optional(),
});

const chaos = z.strictObject({
  allow: z
    .boolean()
    .default(false)
    .describe('Allow faults to be injected on purpose, by schedule and by mega-test chaos'),
  schedule: z.array(chaosFault).max(1000).default([]).describe('Faults with their times on the phase clock'),
});

const monitoring = z.strictObject({
  enabled: z.boolean().default(true).describe('Collect metrics'),
  health_check_interval: number(1, 3600).default(30).describe('Seconds between looks at disk, memory and agents'),
  metrics_export_interval: number(1, 3600).default(60).describe('Seconds between metrics files'),
  dashboard_update_interval: number(1, 3600).default(30).describe('Seconds between updates of the dashboard'),
  log_level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('How much goes into session.log'),
  agent_activity_logging: z.boolean().default(true).describe('Log what agents do, call by call'),
  export_metrics: z.boolean().default(true).describe('Write metrics files'),
  metrics_format: z.enum(['json', 'prometheus']).default('json').describe('Form of the metrics files'),
});

const rule = z.strictObject({
  pattern: z.string().min(1).max(1_000),
  severity: z.enum(['transient', 'recoverable', 'critical']),
  action: z.enum([
    'retry_immediate',
    'retry_with_backoff',
    'retry_with_modification',
    'pause_and_alert',
    'compress_and_retry',
  ]),
});

const errorHandling = z.strictObject({
  max_consecutive_errors: count(1, 1000).default(5).describe('Failures of any kind without progress, then paused'),
  classification: z
    .enum(['auto', 'manual'])
    .default('auto')
    .describe('Our classes, rules tried first; or the rules alone'),
  rules: z.array(rule).max(100).default([]).describe('Rules: pattern, severity, action'),
});

const phase = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, 'must be a short lower-case name'),
  duration_minutes: number(0.01, 1440),
  objectives: z.array(text.min(1)).min(1).max(64),
  success_criteria: z.array(text.min(1)).max(64).default([]),
});

/** A project: what is to be built. The shipped ones lie in projects/, further ones under [projects.<type>]. */
/** It is part of session names, and so of folder names. */
const PROJECT_TYPE = z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, 'must be a short lower-case name (a-z, 0-9, _ and -)');

export const PROJECT = z.strictObject({
  type: PROJECT_TYPE,
  name: z.string().min(1).max(64),
  title: z.string().max(200),
  complexity: z.string().max(64).default('High'),
  language: z.string().max(64).default('rust'),
  usual_hours: z.tuple([z.number().positive(), z.number().positive()]).default([4, 6]),
  lines_of_code: count(1, 1e8),
  specification: text.min(1),
  /** An existing repository to start from; it is copied. */
  from: z.string().optional(),
  components: z
    .array(z.strictObject({ id: z.string(), name: z.string(), behaviour: text }))
    .max(64)
    .default([]),
});

const notifications = z.strictObject({
  enabled: z.boolean().default(false).describe('Send notifications'),
  webhook_url: z.url().optional().describe('Where to post them'),
  events: z
    .array(z.enum(['checkpoint', 'phase_complete', 'error', 'complete']))
    .default(['phase_complete', 'error', 'complete'])
    .describe('What about'),
  email: z
    .strictObject({
      smtp_server: z.string(),
      smtp_port: count(1, 65_535),
      username: z.string().optional(),
      password: z.string().optional(),
      from_address: z.string(),
      to_addresses: words,
    })
    .optional()
    .describe('E-mail'),
});

export const CONFIG = z.strictObject({
  metadata: z
    .strictObject({ name: z.string().optional(), version: z.string().optional(), description: z.string().optional() })
    .prefault({}),
  session: session.prefault({}),
  checkpoint: checkpoint.prefault({}),
  agent: agent.prefault({}),
  rehearsal: rehearsal.prefault({}),
  consensus: consensus.prefault({}),
  limits: limits.prefault({}),
  models: z.array(model).max(16).default([]),
  gateway: gateway.prefault({}),
  recovery: recovery.prefault({}),
  chaos: chaos.prefault({}),
  monitoring: monitoring.prefault({}),
  error_handling: errorHandling.prefault({}),
  judge: judge.prefault({}),
  project: project.prefault({}),
  phases: z.array(phase).min(1).max(32).optional(),
  projects: z.record(PROJECT_TYPE, PROJECT.omit({ type: true })).default({}),
  notifications: notifications.prefault({}),
});

export type Config = z.output<typeof CONFIG>;
export type Project = z.output<typeof PROJECT>;
