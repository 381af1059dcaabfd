// Rules between options that no single option can check; each a small function with a name.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseDeadline } from './deadline.ts';
import type { Finding } from './diagnostics.ts';
import { didYouMean } from './explain.ts';
import { isMetered, modelsOf } from './models.ts';
import { oldPrices } from './prices.ts';
import { projectTypes, shippedTypes } from './projects.ts';
import { scenarioFile, shippedScenarios } from './scenarios.ts';
import type { Config } from './schema.ts';

/** Was the option set by anyone (flag, variable, file)? */
type IsGiven = (key: string) => boolean;

interface Here {
  readonly cwd: string;
  readonly wallMs: number;
}

export function ruleFindings(config: Config, isGiven: IsGiven, { cwd, wallMs }: Here): readonly Finding[] {
  return [
    ...projectIsKnown(config),
    ...projectFolderExists(config, cwd),
    ...commandIsThere(config),
    ...scenarioIsThere(config, cwd),
    ...phaseNamesDiffer(config),
    ...phasesFit(config, isGiven),
    ...patternsCompile(config),
    ...rangesAreOrdered(config),
    ...modelNamesDiffer(config),
    ...costNeedsPrices(config),
    ...pricesAreRecent(config, wallMs),
    ...chaosIsAllowed(config),
    ...deadlineIsATime(config),
    ...notBuiltYet(isGiven),
  ];
}

function error(key: readonly (string | number)[], message: string): Finding {
  return { key, message, severity: 'error' };
}

function projectIsKnown(config: Config): readonly Finding[] {
  const type = config.session.project_type;
  const known = projectTypes(config);
  if (known.includes(type)) return [];
  const near = didYouMean(type, known);
  const hint = near === null ? '' : `; did you mean "${near}"?`;
  return [error(['session', 'project_type'], `there is no project "${type}"${hint} (known: ${known.join(', ')})`)];
}

function projectFolderExists(config: Config, cwd: string): readonly Finding[] {
  const shadowed = Object.keys(config.projects)
    .filter((type) => shippedTypes().includes(type))
    .map((type) => error(['projects', type], `"${type}" is a shipped project; give yours another name`));
  const missing = Object.entries(config.projects)
    .filter(([, { from }]) => from !== undefined && !existsSync(resolve(cwd, from)))
    .map(([type, { from }]) => error(['projects', type, 'from'], `there is no folder "${from}"`));
  return [...shadowed, ...missing];
}

function commandIsThere(config: Config): readonly Finding[] {
  if (config.agent.kind !== 'command' || config.agent.command.length > 0) return [];
  return [
    error(
      ['agent', 'command'],
      'agent.kind is "command", so the command to run must be given, like ["my-agent", "{prompt_file}"]',
    ),
  ];
}

function scenarioIsThere({ agent, rehearsal: { scenario } }: Config, cwd: string): readonly Finding[] {
  if (agent.kind !== 'rehearsal' || scenario === undefined || existsSync(scenarioFile(scenario, cwd))) return [];
  const known = shippedScenarios();
  const near = didYouMean(scenario, known);
  const hint = near === null ? '' : `; did you mean "${near}"?`;
  return [error(['rehearsal', 'scenario'], `there is no scenario "${scenario}"${hint} (shipped: ${known.join(', ')})`)];
}

function phaseNamesDiffer(config: Config): readonly Finding[] {
  const names = config.phases?.map(({ name }) => name) ?? [];
  return names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [error(['phases', index, 'name'], `there are two phases "${name}"`)],
  );
}

/** Phases with minutes of their own make the session's length, which has the same limits as a given one. */
function phasesFit({ phases }: Config, isGiven: IsGiven): readonly Finding[] {
  if (phases === undefined || isGiven('session.duration_hours')) return [];
  const minutes = phases.reduce((sum, { duration_minutes }) => sum + duration_minutes, 0);
  if (minutes >= 10 / 60 && minutes <= 24 * 60) return [];
  return [
    error(['phases'], `are together ${Math.round(minutes * 100) / 100} minutes long; a session has 10 s to 24 h`),
  ];
}

function patternsCompile(config: Config): readonly Finding[] {
  return config.error_handling.rules.flatMap(({ pattern }, index) => {
    try {
      new RegExp(pattern, 'iu');
      return [];
    } catch (wrong) {
      return [
        error(['error_handling', 'rules', index, 'pattern'], `is no regular expression: ${(wrong as Error).message}`),
      ];
    }
  });
}

function rangesAreOrdered({ checkpoint, agent }: Config): readonly Finding[] {
  const findings: Finding[] = [];
  if (checkpoint.backoff_initial_seconds > checkpoint.backoff_max_seconds)
    findings.push(
      error(
        ['checkpoint', 'backoff_initial_seconds'],
        `must not be above backoff_max_seconds (${checkpoint.backoff_max_seconds})`,
      ),
    );
  if (agent.min_trust_score > agent.max_trust_score)
    findings.push(error(['agent', 'min_trust_score'], `must not be above max_trust_score (${agent.max_trust_score})`));
  return findings;
}

function modelNamesDiffer(config: Config): readonly Finding[] {
  const names = modelsOf(config).map(({ name }) => name);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [error(['models', index, 'name'], `there are two models "${name}"`)],
  );
}

/** An unknown cost is not 0: a cap on it could never be kept. */
function costNeedsPrices(config: Config): readonly Finding[] {
  if (config.limits.max_cost_usd === undefined) return [];
  const key = ['limits', 'max_cost_usd'];
  if (!isMetered(config))
    return [error(key, 'needs the gateway in front of the agents’ model: an agent’s own figures are no basis for it')];
  const unpriced = modelsOf(config).filter(
    (row) => row.promptUsdPerMillion === null || row.completionUsdPerMillion === null,
  );
  if (unpriced.length === 0 && config.models.length > 0) return [];
  const names = unpriced.map(({ name }) => name).join(', ') || 'the rehearsal’s own';
  return [
    error(
      key,
      `needs prices: set prompt_usd_per_million and completion_usd_per_million of [[models]] (missing for ${names})`,
    ),
  ];
}

function pricesAreRecent(config: Config, wallMs: number): readonly Finding[] {
  return modelsOf(config).flatMap((row, index) => {
    const message = oldPrices(row, wallMs);
    return message === null ? [] : [{ key: ['models', index, 'price_date'], message, severity: 'warning' as const }];
  });
}

function chaosIsAllowed({ chaos }: Config): readonly Finding[] {
  if (chaos.allow || chaos.schedule.length === 0) return [];
  return [error(['chaos', 'schedule'], 'injects faults on purpose; that needs chaos.allow = true')];
}

function deadlineIsATime({ session }: Config): readonly Finding[] {
  if (session.deadline === undefined) return [];
  const deadline = parseDeadline(session.deadline, Date.now());
  return typeof deadline === 'number' ? [] : [error(['session', 'deadline'], deadline.wrong)];
}

/** Options that are read and checked, but whose part of the harness is not there yet. */
export const NOT_BUILT: readonly string[] = [
  'agent.dynamic_spawning',
  'agent.max_total_agents',
  'consensus.enabled',
  'consensus.min_votes',
  'consensus.vote_timeout_secs',
  'consensus.strategy',
  'consensus.threshold',
  'monitoring.dashboard_update_interval',
  'monitoring.metrics_format',
  'notifications.enabled',
  'notifications.events',
  'notifications.webhook_url',
  'notifications.email',
];

function notBuiltYet(isGiven: IsGiven): readonly Finding[] {
  const set = NOT_BUILT.filter((key) => isGiven(key));
  if (set.length === 0) return [];
  return [{ key: [], message: `read, but without effect in this version: ${set.join(', ')}`, severity: 'warning' }];
}
