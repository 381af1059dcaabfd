// Reads answers: how many tokens they report, which model they name, what text they bring. OpenAI, vLLM, llama.cpp and Ollama.
import type { Tokens } from './facts.ts';

/** What one JSON answer, or one event of a stream, says. */
export interface Said {
  readonly usage: Tokens | null;
  readonly model: string | null;
  /** Everything the model wrote: text, reasoning, tool calls; for an estimate when no usage comes. */
  readonly text: string;
  readonly finished: boolean;
  /** It has usage and nothing else: the event that comes only because it was asked for. */
  readonly onlyUsage: boolean;
  readonly error: string | null;
}

type Json = Readonly<Record<string, unknown>>;

/** Null for what is no JSON object. */
export function read(json: string): Said | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  return isObject(value) ? saidIn(value) : null;
}

export function saidIn(answer: Json): Said {
  // The responses API wraps its answer into its last event.
  const inner = isObject(answer.response) ? answer.response : answer;
  const choices = Array.isArray(inner.choices) ? inner.choices.filter(isObject) : [];
  const usage = usageIn(inner);
  return {
    usage,
    model: typeof inner.model === 'string' ? inner.model : null,
    text: choices.map(textOf).join('') || (typeof answer.delta === 'string' ? answer.delta : ''),
    finished: choices.some(({ finish_reason }) => typeof finish_reason === 'string'),
    onlyUsage: usage !== null && Array.isArray(inner.choices) && inner.choices.length === 0,
    error: answer.error === undefined || answer.error === null ? null : errorText(answer.error),
  };
}

/** The words of an error in any of the usual shapes. */
export function errorText(error: unknown): string {
  if (typeof error === 'string') return error;
  if (!isObject(error)) return 'an error without a text';
  for (const inner of [error.message, error.error, error.detail]) {
    if (typeof inner === 'string' && inner !== '') return inner;
    if (isObject(inner)) return errorText(inner);
  }
  return JSON.stringify(error).slice(0, 1_000);
}

function usageIn(answer: Json): Tokens | null {
  const { usage, timings } = answer;
  if (isObject(usage)) {
    const prompt = count(usage.prompt_tokens) ?? count(usage.input_tokens);
    const total = count(usage.total_tokens);
    const completion = count(usage.completion_tokens) ?? count(usage.output_tokens) ?? difference(total, prompt);
    if (prompt !== null && completion !== null) return { prompt, completion };
  }
  // llama.cpp tells its timings unasked; what came from its cache is counted apart.
  if (isObject(timings)) {
    const [prompt, completion] = [count(timings.prompt_n), count(timings.predicted_n)];
    if (prompt !== null && completion !== null) return { prompt: prompt + (count(timings.cache_n) ?? 0), completion };
  }
  const [prompt, completion] = [count(answer.prompt_eval_count), count(answer.eval_count)];
  return prompt !== null && completion !== null ? { prompt, completion } : null;
}

function textOf(choice: Json): string {
  const message = isObject(choice.delta) ? choice.delta : isObject(choice.message) ? choice.message : choice;
  const { content, reasoning_content, reasoning, text, refusal, tool_calls } = message;
  let all = '';
  for (const part of [reasoning_content ?? reasoning, content, text, refusal])
    if (typeof part === 'string') all += part;
  if (Array.isArray(tool_calls))
    for (const call of tool_calls.filter(isObject)) {
      const made = isObject(call.function) ? call.function : {};
      for (const part of [made.name, made.arguments]) if (typeof part === 'string') all += part;
    }
  return all;
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function difference(total: number | null, prompt: number | null): number | null {
  return total === null || prompt === null || total < prompt ? null : total - prompt;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
