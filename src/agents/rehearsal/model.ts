// The rehearsal's model: a small server on the loopback that answers like an OpenAI-compatible one and counts what it answers.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One token for so many bytes of request. */
const BYTES_A_TOKEN = 4;
const BODY_LIMIT = 4 * 1024 * 1024;

interface Asked {
  readonly stream?: boolean;
  readonly max_tokens?: number;
}

/** Starts it on a free port. */
export async function startRehearsalModel(): Promise<{
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}> {
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') return send(response, { object: 'list', data: [{ id: 'rehearsal', object: 'model' }] });
  let size = 0;
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > BODY_LIMIT) return void response.destroy();
    chunks.push(chunk as Buffer);
  }
  const asked = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Asked;
  const prompt = Math.ceil(size / BYTES_A_TOKEN);
  const completion = Math.max(1, Math.min(100_000, Math.round(asked.max_tokens ?? 100)));
  const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  const head = { id: 'rehearsal', object: 'chat.completion', created: 1, model: 'rehearsal' };
  if (asked.stream !== true) {
    const message = { role: 'assistant', content: 'done' };
    return send(response, { ...head, choices: [{ index: 0, message, finish_reason: 'stop' }], usage });
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(event({ ...head, choices: [{ index: 0, delta: { content: 'done' } }] }));
  response.write(event({ ...head, choices: [], usage }));
  response.end('data: [DONE]\n\n');
}

function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function send(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
