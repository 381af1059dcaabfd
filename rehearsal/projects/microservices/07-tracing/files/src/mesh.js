// Puts the parts of the mesh together and serves them.
import http from 'node:http';
import { createRotation } from './balancer/rotation.js';
import { createHealth } from './breaker/health.js';
import { describeInstance } from './discovery/instance-view.js';
import { createRegistry } from './discovery/registry.js';
import { discoveryRoutes } from './discovery/routes.js';
import { closeServer, listen, urlOf } from './http/listening.js';
import { createRouter } from './http/router.js';
import { createDataPlane } from './proxy/data-plane.js';
import { createFailover } from './proxy/failover.js';
import { isForwarded } from './proxy/target.js';
import { tracingRoutes } from './tracing/routes.js';
import { createSpans } from './tracing/spans.js';
import { createTracer } from './tracing/tracer.js';

const HOST = '127.0.0.1';
/** Requests that run when the mesh is stopped may go on for this long. */
const CLOSE_GRACE_MS = 2000;
/** Some megabytes of memory at most, and hours of a quiet service. */
const KEPT_SPANS = 20_000;
const HEALTHZ = { method: 'GET', path: '/healthz', handle: () => ({ status: 200, json: { status: 'ok' } }) };

/**
 * Starts a mesh and resolves when it accepts connections.
 * @param {import('./settings.js').Settings} settings
 * @param {{ now?: () => number }} [edges] what a test replaces: the clock, in milliseconds since the epoch
 * @returns {Promise<{ apiUrl: string, close: () => Promise<void> }>}
 */
export async function startMesh(settings, { now = Date.now } = {}) {
  const registry = createRegistry({ now });
  const health = createHealth({ now, failuresToOpen: settings.breakerFailures, openMs: settings.breakerOpenMs });
  const describe = (instance) => describeInstance(instance, health);
  const tryInstances = createFailover({
    registry,
    rotation: createRotation(),
    health,
    maxAttempts: settings.maxAttempts,
  });
  const spans = createSpans({ limit: KEPT_SPANS });
  const forward = createDataPlane({ tryInstances, tracer: createTracer({ spans, now }) });
  const control = createRouter([HEALTHZ, ...discoveryRoutes({ registry, describe }), ...tracingRoutes({ spans })]);
  const api = http.createServer((request, response) =>
    isForwarded(request.url) ? forward(request, response) : control(request, response),
  );
  await listen(api, settings.port, HOST);
  return { apiUrl: urlOf(api), close: () => closeServer(api, CLOSE_GRACE_MS) };
}
