// Secret values are known by name and taken out of everything we write.
import type { SessionParts } from './parts.ts';

/** Values that must not reach any file of ours. */
export function secretsOf({ env, config }: Pick<SessionParts, 'env' | 'config'>): readonly string[] {
  const names = [
    config.agent.api_key_env,
    ...Object.keys(env).filter((name) => /KEY|TOKEN|SECRET|PASSWORD/i.test(name)),
  ];
  return [...new Set(names)].flatMap((name) => {
    const value = env[name];
    return value === undefined || value.length < 8 ? [] : [value];
  });
}

/** Known secret values never reach a file or a terminal. */
export function redacted(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => (secret.length < 6 ? clean : clean.replaceAll(secret, '[secret]')), text);
}

/** The same for every text in a value. */
export function withoutSecrets<T>(value: T, secrets: readonly string[]): T {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
    typeof inner === 'string' ? redacted(inner, secrets) : inner,
  ) as T;
}
