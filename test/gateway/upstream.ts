// A scripted endpoint that answers like vLLM, Ollama or llama.cpp, in JSON and in events, and fails as told.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export type Style = 'vllm' | 'ollama' | 'llama.cpp';

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The body, or an empty object when it is none. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly response: ServerResponse;
  /** Resolves when the other side has hung up. */
  readonly hungUp: Promise<void>;
}

export type Script = (heard: Heard, nth: number) => unknown;

export interface ScriptedUpstream {
  readonly endpoint: string;
  readonly heard: readonly Heard[];
  /** Resolves with call number `nth` (from 0) when it has come. */
  arrived(nth: number): Promise<Heard>;
  close(): Promise<void>;
}

export async function startUpstream(script: Script): Promise<ScriptedUpstream> {
  const heard: Heard[] = [];
  const waiting: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    const hungUp = new Promise<void>((resolve) => {
      response.once('close', () => {
        if (!response.writableFinished) resolve();
      });
    });
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, bytes };
      heard.push({ ...one, body: parsed(bytes), response, hungUp });
      for (const call of waiting.splice(0)) call();
      void script(heard.at(-1) as Heard, heard.length - 1);
    });
    request.on('error', () => {});
    response.on('error', () => {});
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 1_024, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/v1`,
    heard,
    arrived: async (nth) => {
      while (heard.length <= nth) await new Promise<void>((resolve) => waiting.push(resolve));
      return heard[nth] as Heard;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function parsed(bytes: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export interface Telling {
  readonly style?: Style;
  readonly text?: string;
  readonly prompt?: number;
  readonly completion?: number;
  /** Says nothing of usage. */
  readonly silent?: boolean;
}

/** A good answer in the form that was asked for, in one style. */
export function answer({ body, response }: Heard, telling: Telling = {}): void {
  if (body.stream === true) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events(body, telling)) response.write(event);
    response.end();
  } else {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(completion(body, telling)));
  }
}

export function fail({ response }: Heard, status: number, headers: Record<string, string> = {}, message = 'no'): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ error: { message, type: 'error', code: status } }));
}

export function completion(body: Readonly<Record<string, unknown>>, telling: Telling): Record<string, unknown> {
  const { style = 'vllm', text = 'Hello there', silent = false } = telling;
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: body.model,
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    ...(silent ? {} : { usage: usage(telling) }),
    ...(style === 'llama.cpp' && !silent ? { timings: timings(telling) } : {}),
    ...(style === 'ollama' ? { system_fingerprint: 'fp_ollama' } : {}),
  };
}

/** Word by word, then the end in the manner of the style; usage where it was asked for. */
export function events(body: Readonly<Record<string, unknown>>, telling: Telling): string[] {
  const { style = 'vllm', text = 'Hello there', silent = false } = telling;
  const options = body.stream_options as { include_usage?: boolean } | undefined;
  const asked = options?.include_usage === true && !silent;
  const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: body.model };
  const chunk = (delta: unknown, finish_reason: string | null = null, more: Record<string, unknown> = {}) =>
    event({ ...base, choices: [{ index: 0, delta, finish_reason }], ...more });
  const words = text.split(/(?<= )/).map((word) => chunk({ content: word }));
  const last = chunk({}, 'stop', style === 'llama.cpp' && !silent ? { timings: timings(telling) } : {});
  const tail = asked ? [event({ ...base, choices: [], usage: usage(telling) })] : [];
  return [chunk({ role: 'assistant', content: '' }), ...words, last, ...tail, 'data: [DONE]\n\n'];
}

export function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function usage({ prompt = 10, completion: made = 5 }: Telling) {
  return { prompt_tokens: prompt, completion_tokens: made, total_tokens: prompt + made };
}

function timings({ prompt = 10, completion: made = 5 }: Telling) {
  return { cache_n: 0, prompt_n: prompt, predicted_n: made, predicted_ms: 12.5 };
}
