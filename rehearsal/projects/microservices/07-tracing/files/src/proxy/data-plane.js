// Forwards requests to the instances of a service and passes the answers on.
import { readBody } from '../http/body.js';
import { RequestError, sendError } from '../http/errors.js';
import { endToEnd } from './headers.js';
import { relay } from './relay.js';
import { readTarget } from './target.js';

/** Of a path in the name of a span, since spans are kept. */
const MAX_NAME_CHARACTERS = 200;

const EXPLANATIONS = {
  no_instance: [503, 'the service has no live instance'],
  breakers_open: [503, 'the circuit breakers forbid every live instance of the service'],
  connect_failed: [502, 'no connection to the instance could be made'],
  broken_reply: [502, 'the instance broke the connection before it replied'],
};

/**
 * Makes the listener of all requests under `/proxy/`.
 * @param {{ tryInstances: ReturnType<typeof import('./failover.js').createFailover>,
 *   tracer: ReturnType<typeof import('../tracing/tracer.js').createTracer> }} parts
 */
export function createDataPlane({ tryInstances, tracer }) {
  async function forward(request, response) {
    const call = await readCall(request);
    const attempt = await tryInstances(call);
    const headers = {
      ...(attempt.instance && { 'x-mesh-instance': attempt.instance.id }),
      'x-mesh-attempts': String(attempt.number),
      'x-mesh-trace-id': call.span.traceId,
    };
    if (attempt.reply) await passOn(attempt, response, { headers, span: call.span });
    else refuse(attempt, { headers, span: call.span });
  }

  async function readCall(request) {
    const { method } = request;
    const target = readTarget(request.url);
    const body = await readBody(request);
    const span = tracer.startRequest(request.headers.traceparent, {
      service: target.service,
      name: `${method} ${target.path.slice(0, MAX_NAME_CHARACTERS)}`,
    });
    const { tracestate, ...headers } = endToEnd(request.headersDistinct);
    // The state belongs to the caller's trace and means nothing in a new one.
    if (span.continuesCaller && tracestate) headers.tracestate = tracestate;
    return { ...target, method, headers, body, span };
  }

  return async function handle(request, response) {
    await forward(request, response).catch((error) => sendError(response, error));
  };
}

async function passOn({ instance, reply, error, end }, response, { headers, span }) {
  const broken = await relay(reply, response, headers);
  if (!error) end(broken);
  span.end({ status: reply.statusCode, error: broken, instance: instance.id });
  // A reply that breaks off ends the caller's connection too, and that is how the caller learns of it.
  if (broken) response.destroy();
  else response.end();
}

function refuse({ error }, { headers, span }) {
  const [status, message] = EXPLANATIONS[error];
  span.end({ status, error });
  throw new RequestError(status, error, message, headers);
}
