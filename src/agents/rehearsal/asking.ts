// The rehearsal's calls to its model: made like the real agent's, with tries of its own, and counted as the model tells.

export interface Model {
  readonly endpoint: string;
  readonly key: string;
}

export interface Used {
  readonly prompt: number;
  readonly completion: number;
}

/** The endpoint an agent of its kind is told; null when there is none. */
export function modelOf(env: NodeJS.ProcessEnv): Model | null {
  const { SELFWARE_ENDPOINT: endpoint, SELFWARE_API_KEY: key } = env;
  return endpoint === undefined || key === undefined ? null : { endpoint, key };
}

const TRIES = 3;
const WAIT_MS = 500;
const WORD = 'lorem ';
let calls = 0;

/** One call with about so many tokens either way. Throws when no try was answered. */
export async function ask(model: Model, prompt: number, completion: number): Promise<Used> {
  // As the real one does it: streams, and plain answers now and then.
  const stream = ++calls % 3 !== 0;
  let last = new Error('no answer');
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, WAIT_MS * attempt));
    try {
      return await once(model, { prompt, completion, stream });
    } catch (error) {
      last = error as Error;
    }
  }
  throw last;
}

interface Wish extends Used {
  readonly stream: boolean;
}

async function once({ endpoint, key }: Model, { prompt, completion, stream }: Wish): Promise<Used> {
  const content = WORD.repeat(Math.max(1, Math.round((prompt * 4) / WORD.length)));
  const answer = await fetch(`${endpoint}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      max_tokens: Math.max(1, completion),
      messages: [{ role: 'user', content }],
      model: 'rehearsal',
      stream,
      ...(stream ? { stream_options: { include_usage: true } } : {}),
    }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`API returned status ${answer.status}: ${text.slice(0, 200)}`);
  const last = stream
    ? text
        .split('\n')
        .findLast((line) => line.includes('"usage"'))
        ?.replace(/^data: /, '')
    : text;
  const { usage } = JSON.parse(last ?? 'null') as {
    usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
  };
  return { prompt: usage.prompt_tokens, completion: usage.completion_tokens };
}
