// Tries the instances of a service one after the other, until one answers or nobody is left to ask.
import { exchange } from './exchange.js';

/** The statuses with which an instance says that it cannot do its work now. */
const FAILED_STATUSES = [502, 503, 504];
/** Only a request that does no more when it arrives twice may be sent twice (RFC 9110, section 9.2.2). */
const IDEMPOTENT_METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];

/**
 * @typedef {object} Attempt the last attempt of a request
 * @property {import('../discovery/registry.js').Instance} [instance] missing when there was none to ask
 * @property {import('node:http').IncomingMessage} [reply] missing when none came
 * @property {string | null} error the code of the failure; null while all is well
 * @property {number} number how many attempts there were
 * @property {(error: string | null) => void} end to be told how the rest of the reply went, when `error` is null
 */

/**
 * Makes the function that finds an instance which answers.
 * @param {{ registry: ReturnType<typeof import('../discovery/registry.js').createRegistry>,
 *   rotation: ReturnType<typeof import('../balancer/rotation.js').createRotation>,
 *   health: ReturnType<typeof import('../breaker/health.js').createHealth>, maxAttempts: number }} parts
 */
export function createFailover({ registry, rotation, health, maxAttempts }) {
  function choose(service, tried) {
    const usable = registry.instancesOf(service).filter(health.admits);
    return rotation.pick(service, usable, tried);
  }

  async function attempt(call, instance) {
    const settle = health.begin(instance);
    const span = call.span.startAttempt(instance.id);
    const headers = { ...call.headers, traceparent: [span.traceparent] };
    const { reply, error = null } = await exchange(instance.endpoint, { ...call, headers });
    const end = (problem) => {
      settle(problem === null ? 'success' : 'failure');
      span.end({ status: reply?.statusCode ?? null, error: problem });
    };
    const failure = FAILED_STATUSES.includes(reply?.statusCode) ? 'failed_status' : error;
    // Of a reply that begins well, only the end tells whether it was a success.
    if (failure) end(failure);
    return { instance, reply, error: failure, end };
  }

  /**
   * @param {{ service: string, method: string, path: string, query: string, body: Buffer,
   *   headers: import('./headers.js').Headers,
   *   span: ReturnType<ReturnType<typeof import('../tracing/tracer.js').createTracer>['startRequest']> }} call
   * @returns {Promise<Attempt>}
   */
  return async function tryInstances(call) {
    const tried = new Set();
    const mayRepeat = IDEMPOTENT_METHODS.includes(call.method);
    let instance = choose(call.service, tried);
    if (!instance) {
      const error = registry.instancesOf(call.service).length > 0 ? 'breakers_open' : 'no_instance';
      return { error, number: 0, end: () => {} };
    }
    for (;;) {
      tried.add(instance.id);
      const last = await attempt(call, instance);
      const goesOn = last.error && mayRepeat && tried.size < maxAttempts;
      const next = goesOn ? choose(call.service, tried) : undefined;
      if (!next) return { ...last, number: tried.size };
      last.reply?.destroy();
      instance = next;
    }
  };
}
