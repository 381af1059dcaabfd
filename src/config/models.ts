// The chain of models a session may use: the rows of [[models]], or the agent's own endpoint as the only one.
import type { Config } from './schema.ts';

export interface ModelRow {
  readonly name: string;
  readonly endpoint: string;
  readonly model: string;
  /** Environment variable that holds its key. */
  readonly keyVariable: string;
  readonly promptUsdPerMillion: number | null;
  readonly completionUsdPerMillion: number | null;
  /** The day its prices are of; null where it is not said. */
  readonly priceDate: string | null;
  readonly contextTokens: number | null;
}

/** The chain, the primary first; empty when no endpoint is known. */
export function modelsOf({ models, agent }: Pick<Config, 'models' | 'agent'>): readonly ModelRow[] {
  if (models.length > 0)
    return models.map((row, index) => ({
      name: row.name ?? `model-${index + 1}`,
      endpoint: trimmed(row.endpoint),
      model: row.model,
      keyVariable: row.api_key_env ?? agent.api_key_env,
      promptUsdPerMillion: row.prompt_usd_per_million ?? null,
      completionUsdPerMillion: row.completion_usd_per_million ?? null,
      priceDate: row.price_date ?? null,
      contextTokens: row.context_length ?? null,
    }));
  if (agent.endpoint === undefined || agent.model === undefined) return [];
  return [
    {
      name: 'primary',
      endpoint: trimmed(agent.endpoint),
      model: agent.model,
      keyVariable: agent.api_key_env,
      promptUsdPerMillion: null,
      completionUsdPerMillion: null,
      priceDate: null,
      contextTokens: null,
    },
  ];
}

function trimmed(endpoint: string): string {
  return endpoint.replace(/\/+$/, '');
}

/** Do the agents' calls go through our gateway? A command can be pointed at it by {endpoint} alone. */
export function isMetered(config: Pick<Config, 'models' | 'agent' | 'gateway'>): boolean {
  if (!config.gateway.enabled) return false;
  switch (config.agent.kind) {
    case 'rehearsal':
      return true;
    case 'selfware':
      return modelsOf(config).length > 0;
    case 'command':
      return modelsOf(config).length > 0 && config.agent.command.some((word) => word.includes('{endpoint}'));
  }
}
