// Are the models there? Asked before a session begins, and by doctor.
import { modelsOf } from '../config/models.ts';
import type { Config } from '../config/schema.ts';
import { Refusal } from '../runtime/refusal.ts';

export interface ModelAnswer {
  readonly name: string;
  readonly endpoint: string;
  /** Null: it answers. */
  readonly trouble: string | null;
}

const LIMIT_MS = 5_000;
const ASK_EVERY_MS = 5_000;

/** Asks every endpoint of the chain for its list of models. Any answer but a server's error shows that it is there. */
export function askModels(config: Config, env: NodeJS.ProcessEnv): Promise<readonly ModelAnswer[]> {
  return Promise.all(
    modelsOf(config).map(async ({ name, endpoint, keyVariable }) => {
      const key = env[keyVariable];
      const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
      try {
        const { status } = await fetch(`${endpoint}/models`, { headers, signal: AbortSignal.timeout(LIMIT_MS) });
        return { name, endpoint, trouble: troubleOf(status, keyVariable) };
      } catch (error) {
        const cause = (error as { cause?: { code?: string } }).cause?.code;
        return { name, endpoint, trouble: `does not answer (${cause ?? (error as Error).message})` };
      }
    }),
  );
}

function troubleOf(status: number, keyVariable: string): string | null {
  if (status === 401 || status === 403) return `refuses the key (${status}); is ${keyVariable} set and right?`;
  return status < 500 ? null : `answers ${status}`;
}

/** Waits until a model answers, or refuses, as the configuration has it. `say` tells people what is waited for. */
export async function modelsReady(config: Config, env: NodeJS.ProcessEnv, say: (text: string) => void): Promise<void> {
  if (config.agent.kind === 'rehearsal' || modelsOf(config).length === 0) return;
  const { when_down, wait_minutes } = config.gateway;
  const giveUpMs = performance.now() + wait_minutes * 60_000;
  for (let told = false; ; told = true) {
    const answers = await askModels(config, env);
    if (answers.some(({ trouble }) => trouble === null)) return;
    const what = answers.map(({ name, endpoint, trouble }) => `${name} (${endpoint}) ${trouble}`).join('; ');
    if (when_down === 'refuse' || performance.now() >= giveUpMs)
      throw new Refusal(2, `no model is there: ${what}; start it, or set its endpoint and key, then run again`);
    if (!told) say(`waiting up to ${wait_minutes} min for a model: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}
