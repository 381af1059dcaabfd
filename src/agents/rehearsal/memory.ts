// The rehearsal's own state, saved the way selfware saves it: signed, replaced whole, the one before kept beside it.
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Memory {
  readonly task_id: string;
  readonly task_description: string;
  readonly created_at: string;
  updated_at: string;
  version: number;
  status: 'in_progress' | 'completed' | 'failed';
  current_step: number;
  current_iteration: number;
  cumulative_tokens: number;
  readonly messages: { readonly role: string; readonly content: string }[];
  readonly tool_calls: {
    readonly tool_name: string;
    readonly arguments: string;
    readonly success: boolean;
    readonly result?: string;
    readonly timestamp: string;
  }[];
}

export function newMemory(prompt: string): Memory {
  const now = new Date().toISOString();
  return {
    task_id: randomUUID(),
    task_description: prompt.slice(0, 500),
    created_at: now,
    updated_at: now,
    version: 1,
    status: 'in_progress',
    current_step: 0,
    current_iteration: 0,
    cumulative_tokens: 0,
    messages: [{ role: 'user', content: prompt }],
    tool_calls: [],
  };
}

export function fileOf(home: string, task: string): string {
  return join(home, '.selfware/checkpoints', `${task}.json`);
}

export function save(home: string, memory: Memory): void {
  memory.version++;
  memory.updated_at = new Date().toISOString();
  const payload = sorted(memory);
  const sha256 = createHmac('sha256', keyOf(home)).update(JSON.stringify(payload)).digest('hex');
  const file = fileOf(home, memory.task_id);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.tmp`, JSON.stringify({ sha256, payload }, null, 2));
  if (existsSync(file)) renameSync(file, `${file}.bak`);
  renameSync(`${file}.tmp`, file);
}

export function load(home: string, task: string): Memory {
  return (JSON.parse(readFileSync(fileOf(home, task), 'utf8')) as { payload: Memory }).payload;
}

function keyOf(home: string): Buffer {
  const file = join(home, '.local/share/selfware/checkpoint_hmac_key');
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, randomBytes(32), { mode: 0o600 });
  }
  return readFileSync(file);
}

/** Keys in order, as the original writes them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
