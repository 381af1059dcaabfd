// The other processes of the gateway's measurement: `upstream` answers at once, `gateway ENDPOINT` stands before it.
import { createServer } from 'node:http';

const TOKENS = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
// Nobody is left over when the measurement ends, however it ends.
process.on('disconnect', () => process.exit());
const [role, endpoint] = process.argv.slice(2);

if (role === 'upstream') await upstream();
else await gateway();

/** Streams have `x-chunks` events, `x-pace` ms apart (0: as fast as they go); each carries the monotonic time it was made at. */
async function upstream() {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
      if (body.stream === true) stream(body, response);
      else {
        const message = { role: 'assistant', content: 'Hello there' };
        const answer = { id: 'c', object: 'chat.completion', created: 1, model: body.model, usage: TOKENS };
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ ...answer, choices: [{ index: 0, message, finish_reason: 'stop' }] }));
      }
    });
  });
  server.listen(0, '127.0.0.1', 1024, () => process.send({ port: server.address().port }));
}

function stream({ model, chunks = 100, pace = 0 }, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const event = (choices, more) =>
    response.write(
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model, choices, ...more })}\n\n`,
    );
  let sent = 0;
  const next = () => {
    event([{ index: 0, delta: { content: `@${process.hrtime.bigint()} ` }, finish_reason: null }]);
    if (++sent < chunks) return pace === 0 ? setImmediate(next) : setTimeout(next, pace);
    event([{ index: 0, delta: {}, finish_reason: 'stop' }]);
    event([], { usage: TOKENS });
    response.end('data: [DONE]\n\n');
  };
  next();
}

async function gateway() {
  const { startGateway } = await import('../dist/gateway/server.js');
  const { TurnTokens } = await import('../dist/gateway/tokens.js');
  const { systemClock } = await import('../dist/runtime/clock.js');
  const clock = systemClock();
  const tokens = new TurnTokens();
  let tokensLeft = 1e12;
  const upstream = { name: 'main', endpoint, model: 'bench', keyOf: () => 'key' };
  const prices = { promptUsdPerMillion: 1, completionUsdPerMillion: 1, contextTokens: 128_000 };
  const { urlOf } = await startGateway({
    upstreams: [{ ...upstream, ...prices }],
    clock,
    after: clock.after,
    tell: (fact) => {
      if (fact.is === 'called') tokensLeft -= fact.prompt + fact.completion;
    },
    allowanceOf: () => ({ is: 'go', tokensLeft }),
    faultOf: () => null,
    callerOf: tokens.callerOf,
    log: { warn: (text) => console.error(text) },
  });
  const token = tokens.issue({ agent: 'alice', turn: 1 });
  process.on('message', () => {
    global.gc?.();
    process.send({ rssBytes: process.memoryUsage().rss });
  });
  process.send({ endpoint: urlOf('alice'), token });
}
