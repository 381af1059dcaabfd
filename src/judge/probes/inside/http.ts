// One HTTP request to the built program, with a limit; redirects are answers like any other.
import { request } from 'node:http';
import { Wrong, within } from './check.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly limitMs?: number;
}

const ANSWER_MS = 15_000;
const MOST_CHARACTERS = 8 * 1024 * 1024;

/** Rejects with Wrong when there is no whole answer. */
export function http(port: number, path: string, asked: Asked = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, limitMs = ANSWER_MS } = asked;
  const answer = new Promise<Answer>((resolve, reject) => {
    const fail = (error: Error) => reject(new Wrong(`${method} ${path}: ${error.message}`));
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (reply) => {
      let text = '';
      reply.setEncoding('utf8');
      reply.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MOST_CHARACTERS) reply.destroy(new Error('the answer is too long'));
      });
      reply.on('error', fail);
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text }));
    });
    sent.on('error', fail);
    sent.end(body);
  });
  return within(limitMs, `an answer to ${method} ${path}`, answer);
}

export type Json = Readonly<Record<string, unknown>>;

/** Its body as a JSON object; Wrong when it is none, or says to be something else. */
export function jsonOf({ headers, text }: Answer, what: string): Json {
  const type = headers['content-type'];
  if (typeof type !== 'string' || !/^application\/json\b/i.test(type))
    throw new Wrong(`${what}: the content type is ${type}, not application/json`);
  return tableIn(text, what);
}

export function tableIn(text: string, what: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // Said below.
  }
  throw new Wrong(`${what}: that is no JSON object: ${text.slice(0, 100)}`);
}

export function listIn(table: Json, key: string, what: string): readonly Json[] {
  const list = table[key];
  if (!Array.isArray(list)) throw new Wrong(`${what}: "${key}" is no list`);
  return list as readonly Json[];
}
