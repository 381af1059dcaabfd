// Failures made on purpose, as agents see them: answered here, or done to the answer on its way (cut-stream, slow-first-byte).
import { Account } from './account.ts';
import { type Call, paused, type Room } from './room.ts';

const ERRORS = {
  'rate-limit': { status: 429, message: 'Rate limit reached for requests', type: 'rate_limit_error' },
  'server-error': {
    status: 500,
    message: 'The server had an error while processing your request',
    type: 'server_error',
  },
} as const;
const MALFORMED = '{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"mess';

/** True when the call is over. No upstream hears of it, and none is blamed. */
export async function disturbed(room: Room, call: Call): Promise<boolean> {
  const { fault, client } = call;
  const account = new Account(room, call, room.chain.primary);
  const told = (outcome: 'failed' | 'cut', status: number | null) =>
    account.tell({ outcome, status, text: `injected: ${fault}`, worked: false });
  switch (fault) {
    case null:
    case 'cut-stream':
      return false;
    case 'slow-first-byte':
      await paused(room, room.limits.slowMs, client.left);
      if (client.left.aborted) await told('cut', null);
      return client.left.aborted;
    case 'rate-limit':
    case 'server-error': {
      const { status, message, type } = ERRORS[fault];
      await told('failed', status);
      const body = Buffer.from(JSON.stringify({ error: { message, type, code: null, param: null } }));
      const headers = { 'content-type': 'application/json', ...(status === 429 ? { 'retry-after': '1' } : {}) };
      client.answer(status, headers, body);
      return true;
    }
    case 'malformed':
      await told('failed', 200);
      client.answer(200, { 'content-type': 'application/json' }, Buffer.from(MALFORMED));
      return true;
    case 'hang':
      if (!client.left.aborted)
        await new Promise((resolve) => client.left.addEventListener('abort', resolve, { once: true }));
      await told('cut', null);
      return true;
  }
}
