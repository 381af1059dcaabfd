// Finds the handler of a method and path, and answers every other request alike.
import { RequestError, sendError } from './errors.js';
import { sendJson, sendText } from './replies.js';

/**
 * @typedef {object} Route
 * @property {string} method
 * @property {string} path its segments that begin with a colon are parameters, as in `/v1/services/:service`
 * @property {(call: { request: import('node:http').IncomingMessage, params: Record<string, string>,
 *   query: URLSearchParams }) => Reply | Promise<Reply>} handle
 */

/** @typedef {{ status: number, json?: unknown, text?: string, headers?: Record<string, string> }} Reply */

/**
 * Makes a request listener of a table of routes.
 * @param {Route[]} routes
 * @returns {import('node:http').RequestListener}
 */
export function createRouter(routes) {
  return async function answer(request, response) {
    try {
      const [path, query] = request.url.split('?', 2);
      const { route, params } = findRoute(routes, request.method, path);
      send(response, await route.handle({ request, params, query: new URLSearchParams(query) }));
    } catch (error) {
      sendError(response, error);
    }
  };
}

function findRoute(routes, method, path) {
  const onPath = routes.flatMap((route) => {
    const params = matchPath(route.path, path);
    return params ? [{ route, params }] : [];
  });
  if (onPath.length === 0) throw new RequestError(404, 'not_found', `there is nothing at ${path}`);
  // Node sends no body in answer to HEAD, so that the handler of GET serves it too.
  const wanted = method === 'HEAD' ? 'GET' : method;
  const found = onPath.find(({ route }) => route.method === wanted);
  if (found) return found;
  const allow = onPath.map(({ route }) => route.method).join(', ');
  throw new RequestError(405, 'method_not_allowed', `${path} takes ${allow}`, { allow });
}

function matchPath(pattern, path) {
  const names = pattern.split('/');
  const values = path.split('/');
  if (names.length !== values.length) return null;
  const params = {};
  for (const [index, name] of names.entries()) {
    if (name.startsWith(':')) params[name.slice(1)] = decode(values[index]);
    else if (name !== values[index]) return null;
  }
  return params;
}

/** A broken escape is left as it is: the handler then refuses the name in its own words. */
function decode(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function send(response, { status, json, text = '', headers = {} }) {
  if (json !== undefined) sendJson(response, status, json, headers);
  else if (status === 204) response.writeHead(status, headers).end();
  else sendText(response, status, text, headers);
}
