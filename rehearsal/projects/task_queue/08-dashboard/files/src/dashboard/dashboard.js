// Serves the dashboard over HTTP: a page for people and the same figures as JSON for programs. It changes nothing.

import { once } from "node:events";
import { createServer } from "node:http";
import { renderPage } from "./page.js";

// The page needs its own style and nothing else, so nothing else may load even if a name slipped through unescaped.
const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
};

/** The HTTP side of the server. */
export class Dashboard {
  #server;
  #stats;

  /** @param {() => import("../server/stats.js").Stats} stats */
  constructor(stats) {
    this.#stats = stats;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /**
   * @param {{ host: string, port: number }} address
   * @returns {Promise<number>} the port, chosen by the system when 0 was asked for
   */
  async listen({ host, port }) {
    this.#server.listen({ host, port });
    await once(this.#server, "listening");
    return this.#server.address().port;
  }

  /** @returns {Promise<void>} */
  async close() {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #answer({ method, url }, response) {
    const send = (status, headers, body) => {
      response.writeHead(status, { "cache-control": "no-store", ...headers }).end(body);
    };
    const [path] = url.split("?");
    if (path !== "/" && path !== "/api/stats") {
      send(404, { "content-type": "text/plain" }, "not found\n");
    } else if (method !== "GET" && method !== "HEAD") {
      send(405, { "content-type": "text/plain", allow: "GET, HEAD" }, "method not allowed\n");
    } else if (path === "/") {
      send(200, PAGE_HEADERS, renderPage(this.#stats()));
    } else {
      send(200, { "content-type": "application/json" }, `${JSON.stringify(this.#stats())}\n`);
    }
  }
}
