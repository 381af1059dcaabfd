// Reads from a URL which service is called and with which path.
import { checkName } from '../discovery/registration.js';
import { RequestError } from '../http/errors.js';

const PREFIX = '/proxy/';
const TARGET = /^\/proxy\/([^/?]+)(\/[^?]*)?(\?.*)?$/;

/**
 * True when a request to this URL is to be forwarded.
 * @param {string} url
 */
export function isForwarded(url) {
  return url.startsWith(PREFIX);
}

/**
 * Splits the URL of a forwarded request. The path is passed on as it was written, neither decoded nor tidied, because
 * only the instance knows what its paths mean.
 * @param {string} url for example `/proxy/shop/items?page=2`
 * @returns {{ service: string, path: string, query: string }} for example `shop`, `/items` and `?page=2`
 * @throws {RequestError} when no service can have this name
 */
export function readTarget(url) {
  const [, service, path = '/', query = ''] = TARGET.exec(url) ?? [];
  if (service === undefined) throw new RequestError(404, 'not_found', `${url} names no service to forward to`);
  return { service: checkName(service), path, query };
}
