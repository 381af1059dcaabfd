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
  timeout: [504, 'the instance was silent for too long'],
};

/**
 * Makes the data plane, which handles all requests under `/proxy/`.
 * @param {{ tryInstances: ReturnType<typeof import('./failover.js').createFailover>,
 *   tracer: ReturnType<typeof import('../tracing/tracer.js').createTracer> }} parts
 */
export function createDataPlane({ tryInstances, tracer }) {
  const totals = { requests: 0, errors: 0, failovers: 0 };

  async function forward(request, response) {
    const callerGone = signalOfClose(response);
    const call = { ...(await readCall(request)), callerGone };
    totals.requests += 1;
    const attempt = await tryInstances(call);
    totals.failovers += Math.max(0, attempt.number - 1);
    const headers = {
      ...(attempt.instance && { 'x-mesh-instance': attempt.instance.id }),
      'x-mesh-attempts': String(attempt.number),
      'x-mesh-trace-id': call.span.traceId,
    };
    const conclude = (result) => {
      if (result.error !== 'client_closed' && (result.error || result.status >= 500)) totals.errors += 1;
      call.span.end(result);
    };
    if (attempt.reply) await passOn(attempt, response, { headers, conclude, callerGone });
    else if (callerGone.aborted) conclude({ status: null, error: 'client_closed' });
    else refuse(attempt, { headers, conclude });
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

  return {
    handle: (request, response) => forward(request, response).catch((error) => sendError(response, error)),

    /** Counts since the start: requests, those that went wrong for the caller, and attempts after the first. */
    totals: () => ({ ...totals }),
  };
}

async function passOn({ instance, reply, error, end }, response, { headers, conclude, callerGone }) {
  const broken = await relay(reply, response, headers, callerGone);
  if (!error) end(broken);
  conclude({ status: reply.statusCode, error: broken, instance: instance.id });
  // A reply that breaks off ends the caller's connection too, and that is how the caller learns of it.
  if (broken) response.destroy();
  else response.end();
}

/** Once the response is ended, nothing listens to the signal any more, so that only an early close is noticed. */
function signalOfClose(response) {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

function refuse({ error }, { headers, conclude }) {
  const [status, message] = EXPLANATIONS[error];
  conclude({ status, error });
  throw new RequestError(status, error, message, headers);
}
