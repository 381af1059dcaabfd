// Writes an address and port the way URLs and the header `host` do.

/**
 * @param {{ address: string, port: number }} endpoint
 * @returns {string} for example `127.0.0.1:8300`, or `[::1]:8300`: after bare colons a port could not be told apart
 */
export function formatAuthority({ address, port }) {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
