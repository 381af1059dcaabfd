// Shows an instance to callers, in the words of the HTTP interface.

/**
 * @param {import('./registry.js').Instance} instance
 * @returns {object} the instance object of the API
 */
export function describeInstance({ service, id, endpoint, weight, ttlMs, metadata, registeredAt, expiresAt }) {
  return {
    service,
    id,
    address: endpoint.address,
    port: endpoint.port,
    weight,
    ttl_ms: ttlMs,
    metadata,
    registered_at: registeredAt,
    expires_at: expiresAt,
  };
}
