// A scripted OpenAI-compatible server: for every task it has a small
// Rust module written and tested, then ends.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Message {
  readonly role: string;
  readonly content: unknown;
}

export interface ModelServer {
  readonly url: string;
  /** Requests answered so far. */
  readonly calls: () => number;
  close(): Promise<void>;
}

/** `delayMs` is how long each answer takes: what makes a turn last. */
export async function startModelServer(delayMs: number): Promise<ModelServer> {
  let calls = 0;
  const parts: Parts = { begun: 0, whole: new Set() };
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      if (request.url?.endsWith('/models'))
        return json(response, { object: 'list', data: [{ id: 'scripted', object: 'model' }] });
      calls++;
      const { messages = [], stream = false } = JSON.parse(body) as { messages?: Message[]; stream?: boolean };
      const content = answerTo(messages, parts);
      setTimeout(() => (stream ? sse(response, content) : json(response, completion(content))), delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls: () => calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What the model remembers between conversations: a part whose turn was cut is not built upon. */
interface Parts {
  begun: number;
  readonly whole: Set<number>;
}

function tool(name: string, args: object): string {
  return `<tool>\n<name>${name}</name>\n<arguments>${JSON.stringify(args)}</arguments>\n</tool>`;
}

/** Branches on what was said, not on a count: agents repeat and retry calls. */
function answerTo(messages: readonly Message[], parts: Parts): string {
  const text = JSON.stringify(messages);
  if (!text.includes('# This turn')) return 'ok';
  // What we said ourselves in this conversation; the prompt may name files of earlier ones.
  const said = messages.filter(({ role }) => role === 'assistant').map(({ content }) => JSON.stringify(content));
  const number = Number(/part_(\d+)_is_whole/.exec(said.join('\n'))?.[1] ?? ++parts.begun);
  switch (said.length) {
    case 0:
      return `FILES: src/part_${number}.rs, src/lib.rs, Cargo.toml\n${write(`src/part_${number}.rs`, partOf(number))}`;
    case 1:
      return write('src/lib.rs', [...parts.whole, number].map((part) => `pub mod part_${part};\n`).join(''));
    case 2:
      return write('Cargo.toml', `[package]\nname = "parts"\nversion = "0.0.${number}"\nedition = "2021"\n`);
    case 3:
      return tool('cargo_test', {});
    default:
      parts.whole.add(number);
      return 'The part is written and its tests pass.';
  }
}

function write(path: string, content: string): string {
  return tool('file_write', { path, content });
}

function partOf(number: number): string {
  return `//! Part ${number}.\n\n/// Answers ${number}.\npub fn answer() -> u32 {\n    ${number}\n}\n\n#[test]\nfn part_${number}_is_whole() {\n    assert_eq!(answer(), ${number});\n}\n`;
}

const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
const HEAD = { id: 'c1', created: 1, model: 'scripted' };

function completion(content: string): object {
  return {
    ...HEAD,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: USAGE,
  };
}

function sse(response: ServerResponse, content: string): void {
  const send = (choices: object[], more: object = {}) =>
    response.write(`data: ${JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', choices, ...more })}\n\n`);
  response.setHeader('content-type', 'text/event-stream');
  send([{ index: 0, delta: { content }, finish_reason: null }]);
  send([{ index: 0, delta: {}, finish_reason: 'stop' }]);
  send([], { usage: USAGE });
  response.end('data: [DONE]\n\n');
}

function json(response: ServerResponse, body: object): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}
