// `mega-test chaos|limits` and `session compress`: asks a running session for a fault, another limit, a compressed context.
import { userInfo } from 'node:os';
import { Refusal } from '../runtime/refusal.ts';
import { callControl, type Reply, Unreachable } from '../server/client.ts';
import { FAULT_KINDS } from '../session/event.ts';
import type { LimitName } from '../session/plan.ts';
import { lifeOf, type Picked, pick } from './pick.ts';
import type { Flags } from './run-options.ts';

export async function chaos(id: string, fault: string, flags: Flags): Promise<number> {
  if (!FAULT_KINDS.some((kind) => kind === fault))
    throw new Refusal(2, `there is no fault "${fault}"; there are ${FAULT_KINDS.join(', ')}`);
  const picked = pick(String(flags.runsDir), id);
  const agent = flags.agent === undefined ? null : String(flags.agent);
  await ask(picked, '/api/chaos', { fault, agent });
  process.stdout.write(`fault ${fault} is being injected into "${picked.id}"; see mega-test logs -f ${picked.id}\n`);
  return 0;
}

/** How limits are typed, and the factor to the unit that is kept. */
const TYPED: Readonly<Record<string, readonly [name: LimitName, factor: number]>> = {
  total_token_budget: ['totalTokens', 1],
  max_cost_usd: ['costUsd', 1],
  tokens_per_agent_per_hour: ['tokensPerAgentHour', 1],
  tool_calls_per_agent_per_hour: ['toolCallsPerAgentHour', 1],
  max_context_size: ['contextTokens', 1],
  agent_memory_mb: ['agentRssBytes', 1e6],
  max_usage_windows: ['windows', 1],
  disk_space_limit_gb: ['sessionBytes', 1e9],
};

export async function limits(id: string, assignment: string, flags: Flags): Promise<number> {
  const [key = '', text = ''] = assignment.split('=', 2);
  const typed = TYPED[key];
  const value = text === 'none' ? null : Number(text);
  if (typed === undefined || text === '' || (value !== null && !(Number.isFinite(value) && value >= 0)))
    throw new Refusal(
      2,
      `"${assignment}" sets no limit; write like total_token_budget=8000000, or =none; limits: ${Object.keys(TYPED).join(', ')}`,
    );
  const [limit, factor] = typed;
  const picked = pick(String(flags.runsDir), id);
  const to = value === null ? null : value * factor;
  const body = await ask(picked, '/api/limits', { limit, to, by: userInfo().username, why: String(flags.why) });
  const shown = (amount: unknown) => (typeof amount === 'number' ? String(amount / factor) : 'none');
  process.stdout.write(`${key} of "${picked.id}": ${shown(body.from)} -> ${shown(body.to)}\n`);
  return 0;
}

export async function compress(flags: Flags): Promise<number> {
  const picked = pick(String(flags.runsDir), String(flags.sessionId));
  const { agent } = await ask(picked, '/api/compress', {});
  process.stdout.write(`${String(agent)} starts its turn again with a compact context\n`);
  return 0;
}

/** Only a session that runs can be asked. */
async function ask(picked: Picked, path: string, body: object): Promise<Reply['body']> {
  try {
    const reply = await callControl(picked.layout, path, body);
    if (reply.status < 300) return reply.body;
    throw new Refusal(2, String(reply.body.error));
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    const { standing } = await lifeOf(picked);
    throw new Refusal(2, `the session "${picked.id}" cannot be asked: it is ${standing}; only one that runs can be`);
  }
}
