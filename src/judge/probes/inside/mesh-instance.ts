// An instance of a service, as the mesh calls it: it writes down what reaches it and answers as it is told.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { holds, same, shown } from './check.ts';
import { type Answer, http, type Json, jsonOf } from './http.ts';
import type { Stage } from './stage.ts';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Null: it stays silent. `broken`: it closes the connection instead of a reply; `cut`: in the middle of one. */
export type Behaviour = (received: Received) => Answering | Promise<Answering>;
type Answering = Reply | null | 'broken' | 'cut';

export interface Instance {
  readonly port: number;
  readonly received: readonly Received[];
  behave: Behaviour;
}

export const FINE: Behaviour = () => ({ status: 200, body: 'fine' });
export const BAD: Behaviour = () => ({ status: 503, body: 'bad' });
export const SILENT: Behaviour = () => null;
export const BREAKS: Behaviour = () => 'broken';
export const CUTS: Behaviour = () => 'cut';

export async function openInstance(stage: Stage, behave: Behaviour = FINE): Promise<Instance> {
  const received: Received[] = [];
  const instance = { port: 0, received, behave };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(parts).toString() };
      received.push(one);
      void Promise.resolve(instance.behave(one)).then((reply) => answer(response, reply));
    });
  });
  stage.later(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address === 'object' && address !== null) instance.port = address.port;
  return instance;
}

function answer(response: ServerResponse, reply: Answering): void {
  if (reply === null) return;
  if (reply === 'broken') return void response.destroy();
  if (reply === 'cut') {
    response.writeHead(200, { 'content-length': '1000' });
    return void response.write('half of it', () => response.destroy());
  }
  response.writeHead(reply.status, reply.headers);
  response.end(reply.body ?? '');
}

export function pathOf(service: string, id: string): string {
  return `/v1/services/${service}/instances/${id}`;
}

export function put(port: number, path: string, body: Json): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return http(port, path, { method: 'PUT', headers, body: JSON.stringify(body) });
}

/** Registers it; Wrong when that is refused. */
export async function register(mesh: number, service: string, id: string, more: Json): Promise<Json> {
  const answer = await put(mesh, pathOf(service, id), { address: '127.0.0.1', ...more });
  holds(
    answer.status === 201 || answer.status === 200,
    `PUT of an instance: status ${answer.status}, ${shown(answer.text)}`,
  );
  return jsonOf(answer, 'PUT of an instance');
}

export async function instanceOf(mesh: number, service: string, id: string): Promise<Json> {
  const answer = await http(mesh, pathOf(service, id));
  same('status of GET of an instance', answer.status, 200);
  return jsonOf(answer, 'GET of an instance');
}

export async function breakerOf(mesh: number, service: string, id: string): Promise<Json> {
  return ((await instanceOf(mesh, service, id)).breaker ?? {}) as Json;
}

/** It has this status, and this error code in its JSON. */
export function refused(what: string, answer: Answer, status: number, code: string): void {
  holds(answer.status === status, `${what}: expected ${status} ${code}, got ${answer.status} ${shown(answer.text)}`);
  same(what, jsonOf(answer, what).error, code);
}
