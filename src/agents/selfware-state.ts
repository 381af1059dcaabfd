// Reads and verifies selfware's own checkpoints: what can be resumed, how far it got, what it has used.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { SavedTask } from './contract.ts';

/** Names below an agent's home that hold selfware's state, its signing key among them. */
export const SELFWARE_STATE = ['.selfware', '.local'] as const;

const FOLDER = '.selfware/checkpoints';
const KEY = '.local/share/selfware/checkpoint_hmac_key';
/** A checkpoint is a few hundred kB; anything much larger is not one. */
const LARGEST = 64 * 1024 * 1024;

const TOOL_CALL = z.looseObject({
  tool_name: z.string(),
  success: z.boolean().default(true),
  arguments: z.string().optional().catch(undefined),
  result: z.string().nullish().catch(undefined),
});

/** `Tool 'X' timed out after Ns`, or the shell tool's own limit, which it does not call a failure. */
const TIMED_OUT = /^(?:Error: )?Tool '[^']{1,64}' timed out after \d+ ?s/;
const SHELL_TIMED_OUT = /"timed_out": ?true/;

const PAYLOAD = z.looseObject({
  task_id: z.string(),
  status: z.string(),
  version: z.number(),
  current_step: z.number(),
  messages: z.array(z.unknown()),
  tool_calls: z.array(TOOL_CALL).default([]),
  cumulative_tokens: z.number().optional(),
});
const DELTA = z.looseObject({
  base_version: z.number(),
  target_version: z.number(),
  status: z.string().nullish(),
  current_step: z.number().nullish(),
  new_tool_calls: z.array(TOOL_CALL).default([]),
  cumulative_tokens: z.number().nullish(),
});

/**
 * The task that `resume` could go on with: its file verifies, has messages and is not finished. selfware itself would
 * answer a damaged or unknown id by an empty new task, so this must be sure beforehand.
 */
export function savedTask(home: string, task: string): SavedTask | null {
  const saved = taskState(home, task);
  return saved !== null && isResumable(saved.status) ? saved : null;
}

/** The newest task whose file was written since a time and is whole. */
export function newTask(home: string, sinceMs: number): SavedTask | null {
  for (const id of taskIds(home, sinceMs)) {
    const saved = taskState(home, id);
    if (saved !== null) return saved;
  }
  return null;
}

/** The task's state whatever its status, for its token count. */
export function taskState(home: string, task: string): SavedTask | null {
  const key = read(join(home, KEY));
  return key === null ? null : readTask(home, task, key);
}

function isResumable(status: string): boolean {
  return status === 'in_progress' || status === 'paused';
}

function taskIds(home: string, sinceMs: number): readonly string[] {
  try {
    return readdirSync(join(home, FOLDER))
      .filter((name) => /^[0-9a-f-]{36}\.json$/.test(name))
      .map((name) => ({ name, changedMs: statSync(join(home, FOLDER, name)).mtimeMs }))
      .filter(({ changedMs }) => changedMs >= sinceMs)
      .sort((a, b) => b.changedMs - a.changedMs)
      .map(({ name }) => name.slice(0, -'.json'.length));
  } catch {
    return [];
  }
}

function readTask(home: string, id: string, key: Buffer): SavedTask | null {
  const file = join(home, FOLDER, `${id}.json`);
  // While selfware replaces its file there is a moment with only the one before it.
  const payload = readEnvelope(read(file), key) ?? readEnvelope(read(`${file}.bak`), key);
  const full = PAYLOAD.safeParse(payload);
  if (!full.success || full.data.task_id !== id || full.data.messages.length === 0) return null;
  let { version, status, current_step: steps, cumulative_tokens: tokens, tool_calls: calls } = full.data;
  const lines =
    read(join(home, FOLDER, `${id}.delta.jsonl`))
      ?.toString('utf8')
      .split('\n') ?? [];
  for (const line of lines) {
    const delta = DELTA.safeParse(readEnvelope(Buffer.from(line), key));
    if (!delta.success || delta.data.base_version !== version) continue;
    version = delta.data.target_version;
    status = delta.data.status ?? status;
    steps = delta.data.current_step ?? steps;
    tokens = delta.data.cumulative_tokens ?? tokens;
    calls = [...calls, ...delta.data.new_tool_calls];
  }
  const tools = calls.map(({ tool_name: tool, success: ok, arguments: args, result }) => {
    const said = result ?? '';
    const timedOut = ok ? tool === 'shell_exec' && SHELL_TIMED_OUT.test(said) : TIMED_OUT.test(said);
    return { tool, ok, call: fingerprint(tool, args ?? ''), timedOut };
  });
  return { task: id, status, steps, tokens: tokens ?? null, tools };
}

/** Twelve hex digits that stand for a tool and its arguments. */
export function fingerprint(tool: string, args: string): string {
  return createHash('sha256').update(`${tool} ${args}`).digest('hex').slice(0, 12);
}

/** The payload of an envelope whose HMAC is right; null for anything else. */
export function readEnvelope(text: Buffer | null, key: Buffer): unknown {
  if (text === null) return null;
  const match = /^\{"sha256":"([0-9a-f]{64})","payload":(.*)\}$/s.exec(compacted(text.toString('utf8')));
  if (match?.[1] === undefined || match[2] === undefined) return null;
  const expected = createHmac('sha256', key).update(match[2]).digest();
  if (!timingSafeEqual(expected, Buffer.from(match[1], 'hex'))) return null;
  return JSON.parse(match[2]) as unknown;
}

/** The same JSON without white space; numbers stay as written (a 0.0 must not become 0), as the HMAC is over them. */
export function compacted(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string: string | undefined) => string ?? '');
}

function read(path: string): Buffer | null {
  try {
    return statSync(path).size > LARGEST ? null : readFileSync(path);
  } catch {
    return null;
  }
}
