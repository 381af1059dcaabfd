// The agent's side of a call: answers are written as they come, its slowness is respected, its leaving is noticed.
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

export class Client {
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on('error', () => {});
    response.once('close', () => {
      if (!response.writableFinished) this.#gone.abort();
    });
    if (response.destroyed) this.#gone.abort();
  }

  /** Aborted when the client is gone before its answer is whole. */
  get left(): AbortSignal {
    return this.#gone.signal;
  }

  /** Something has reached the client: from now on there is no other answer. */
  get begun(): boolean {
    return this.#response.headersSent;
  }

  begin(status: number, headers: OutgoingHttpHeaders): void {
    if (this.left.aborted) return;
    this.#response.writeHead(status, headers);
  }

  /** Null when the client keeps up, else a promise for when it has. */
  write(bytes: Buffer): Promise<void> | null {
    if (this.left.aborted || this.#response.write(bytes)) return null;
    return new Promise((resolve) => {
      const over = () => {
        this.#response.off('drain', over);
        this.#response.off('close', over);
        resolve();
      };
      this.#response.once('drain', over);
      this.#response.once('close', over);
    });
  }

  end(): void {
    this.#response.end();
  }

  /** A whole answer at once. */
  answer(status: number, headers: OutgoingHttpHeaders, body: Buffer): void {
    if (this.left.aborted) return;
    const bodiless = status === 204 || status === 304;
    this.#response.writeHead(status, bodiless ? headers : { ...headers, 'content-length': body.length });
    this.#response.end(bodiless ? undefined : body);
  }

  /** Hangs up in the middle of an answer, once these bytes are out. */
  cutAfter(bytes: Buffer): void {
    this.#response.write(bytes, () => this.destroy());
  }

  /** An error of ours, in the form agents know. */
  error(status: number, message: string, headers: OutgoingHttpHeaders = {}): void {
    const body = JSON.stringify({ error: { message, type: 'gateway_error', code: status } });
    this.answer(status, { 'content-type': 'application/json', ...headers }, Buffer.from(body));
  }

  /** Hangs up in the middle: an end would say that this was all. */
  destroy(): void {
    this.#response.destroy();
  }
}
