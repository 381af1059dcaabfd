// Forwards requests to the instances of a service.
import { pipeline } from 'node:stream/promises';
import { readBody } from '../http/body.js';
import { RequestError, sendError } from '../http/errors.js';
import { exchange } from './exchange.js';
import { endToEnd } from './headers.js';
import { readTarget } from './target.js';

const EXPLANATIONS = {
  no_instance: [503, 'the service has no live instance'],
  connect_failed: [502, 'no connection to the instance could be made'],
  broken_reply: [502, 'the instance broke the connection before it replied'],
};

/**
 * Makes the listener of all requests under `/proxy/`.
 * @param {{ registry: ReturnType<typeof import('../discovery/registry.js').createRegistry>,
 *   rotation: ReturnType<typeof import('../balancer/rotation.js').createRotation> }} parts
 */
export function createDataPlane({ registry, rotation }) {
  async function forward(request, response) {
    const target = readTarget(request.url);
    const body = await readBody(request);
    const instance = rotation.pick(target.service, registry.instancesOf(target.service));
    if (!instance) throw refusal('no_instance', { 'x-mesh-attempts': '0' });
    const call = { ...target, method: request.method, headers: endToEnd(request.headersDistinct), body };
    const { reply, error } = await exchange(instance.endpoint, call);
    const named = { 'x-mesh-instance': instance.id, 'x-mesh-attempts': '1' };
    if (!reply) throw refusal(error, named);
    response.writeHead(reply.statusCode, { ...endToEnd(reply.headersDistinct), ...named });
    // A reply that breaks off ends the caller's connection too, and that is how the caller learns of it.
    await pipeline(reply, response).catch(() => response.destroy());
  }

  return async function handle(request, response) {
    await forward(request, response).catch((error) => sendError(response, error));
  };
}

function refusal(code, headers) {
  const [status, message] = EXPLANATIONS[code];
  return new RequestError(status, code, message, headers);
}
