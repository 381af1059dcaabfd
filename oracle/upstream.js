// A model of the oracle's own: every answer has its own numbers, by which it is found again in a journal.
import { createServer } from 'node:http';

/** `random` decides how long an answer takes and in how many pieces it comes. */
export async function startUpstream(random) {
  const answers = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      if (request.method !== 'POST') return send(response, { object: 'list', data: [] });
      const { stream = false } = JSON.parse(Buffer.concat(chunks).toString());
      const nth = answers.length;
      const answer = { prompt: 100 + nth, completion: 1 + ((nth * 7) % 50), whole: false };
      answers.push(answer);
      response.once('finish', () => (answer.whole = true));
      response.on('error', () => {});
      setTimeout(() => (stream ? events(response, answer, random) : whole(response, answer)), random() * 60);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${server.address().port}/v1`,
    answers,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const HEAD = { id: 'x', created: 1, model: 'oracle' };

function usageOf({ prompt, completion }) {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function whole(response, answer) {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'done' }, finish_reason: 'stop' }];
  send(response, { ...HEAD, object: 'chat.completion', choices, usage: usageOf(answer) });
}

/** Word by word, so that many a stop comes in the middle. */
function events(response, answer, random) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const event = (choices, more) =>
    response.write(`data: ${JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', choices, ...more })}\n\n`);
  let left = answer.completion % 5;
  const next = () => {
    if (response.destroyed) return;
    event([{ index: 0, delta: { content: 'done ' }, finish_reason: left === 0 ? 'stop' : null }]);
    if (left-- > 0) return setTimeout(next, random() * 30);
    event([], { usage: usageOf(answer) });
    response.end('data: [DONE]\n\n');
  };
  next();
}

function send(response, value) {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
