// Forwards requests to the instances of a service and passes the answers on.
import { readBody } from '../http/body.js';
import { RequestError, sendError } from '../http/errors.js';
import { endToEnd } from './headers.js';
import { relay } from './relay.js';
import { readTarget } from './target.js';

const EXPLANATIONS = {
  no_instance: [503, 'the service has no live instance'],
  breakers_open: [503, 'the circuit breakers forbid every live instance of the service'],
  connect_failed: [502, 'no connection to the instance could be made'],
  broken_reply: [502, 'the instance broke the connection before it replied'],
};

/**
 * Makes the listener of all requests under `/proxy/`.
 * @param {{ tryInstances: ReturnType<typeof import('./failover.js').createFailover> }} parts
 */
export function createDataPlane({ tryInstances }) {
  async function forward(request, response) {
    const target = readTarget(request.url);
    const body = await readBody(request);
    const call = { ...target, method: request.method, headers: endToEnd(request.headersDistinct), body };
    const attempt = await tryInstances(call);
    const headers = {
      ...(attempt.instance && { 'x-mesh-instance': attempt.instance.id }),
      'x-mesh-attempts': String(attempt.number),
    };
    if (attempt.reply) await passOn(attempt, response, headers);
    else throw refusal(attempt.error, headers);
  }

  return async function handle(request, response) {
    await forward(request, response).catch((error) => sendError(response, error));
  };
}

async function passOn({ reply, error, end }, response, headers) {
  const broken = await relay(reply, response, headers);
  if (!error) end(broken);
  // A reply that breaks off ends the caller's connection too, and that is how the caller learns of it.
  if (broken) response.destroy();
  else response.end();
}

function refusal(code, headers) {
  const [status, message] = EXPLANATIONS[code];
  return new RequestError(status, code, message, headers);
}
