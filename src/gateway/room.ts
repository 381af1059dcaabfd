// What all calls share, what one call is, and waiting that ends when the client leaves.
import type { IncomingHttpHeaders } from 'node:http';
import type { Chain } from './chain.ts';
import type { Client } from './client.ts';
import type { Entry } from './entrance.ts';
import type { Fault } from './facts.ts';
import type { GatewayLimits, GatewayParts } from './parts.ts';
import type { Queue } from './queue.ts';
import type { Asked } from './request.ts';
import type { Lines } from './upstream.ts';

/** What all calls share. */
export interface Room {
  readonly parts: GatewayParts;
  readonly limits: GatewayLimits;
  readonly chain: Chain;
  readonly queue: Queue;
  readonly lines: Lines;
}

export interface Call {
  readonly entry: Entry;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Null when the body is no JSON object. */
  readonly asked: Asked | null;
  readonly client: Client;
  readonly fault: Fault | null;
}

export function paused({ parts }: Room, ms: number, left: AbortSignal): Promise<void> {
  if (left.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const leave = () => {
      cancel();
      resolve();
    };
    const cancel = parts.after(ms, () => {
      left.removeEventListener('abort', leave);
      resolve();
    });
    left.addEventListener('abort', leave, { once: true });
  });
}
