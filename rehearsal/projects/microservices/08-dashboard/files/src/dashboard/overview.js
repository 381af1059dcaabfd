// Gathers what the dashboard shows.

const RECENT_TRACES = 20;

/**
 * Makes the function that takes a picture of the whole mesh.
 * @param {{ registry: ReturnType<typeof import('../discovery/registry.js').createRegistry>,
 *   describe: (instance: import('../discovery/registry.js').Instance) => object,
 *   spans: ReturnType<typeof import('../tracing/spans.js').createSpans>,
 *   totals: () => { requests: number, errors: number, failovers: number }, now: () => number }} parts
 */
export function createOverview({ registry, describe, spans, totals, now }) {
  const startedAt = now();
  return function takeOverview() {
    const services = registry
      .serviceNames()
      .map((name) => ({ name, instances: registry.instancesOf(name).map(describe) }));
    const instances = services.flatMap((service) => service.instances);
    return {
      name: 'ServiceMesh',
      uptime_ms: now() - startedAt,
      totals: {
        services: services.length,
        instances: instances.length,
        open_breakers: instances.filter(({ breaker }) => breaker.state === 'open').length,
        ...totals(),
      },
      services,
      recent_traces: spans.latestRequests(RECENT_TRACES),
    };
  };
}
