// The session directory: where each file stands. Its names are promises to users.
import { join } from 'node:path';
import { type Files, SYSTEM_FILES } from './files.ts';

export interface Layout {
  /** What the files of the store are reached by. */
  readonly files: Files;
  readonly root: string;
  readonly config: string;
  readonly owner: string;
  readonly control: string;
  readonly status: string;
  readonly journal: string;
  readonly log: string;
  readonly prompt: string;
  readonly selfwareToml: string;
  readonly metricsCurrent: string;
  readonly metrics: string;
  readonly checkpoints: string;
  readonly snapshots: string;
  readonly finalReport: string;
  readonly report: string;
  readonly project: string;
  readonly agents: string;
  /** What agents download: shared by them, written by them. */
  readonly caches: string;
  /** What the judge downloads: no agent can put anything there. */
  readonly judgeCaches: string;
}

export function layoutOf(root: string, files: Files = SYSTEM_FILES): Layout {
  const at = (name: string) => join(root, name);
  return {
    files,
    root,
    config: at('config.json'),
    owner: at('owner.json'),
    control: at('control.json'),
    status: at('status'),
    journal: at('journal.ndjson'),
    log: at('session.log'),
    prompt: at('project_prompt.txt'),
    selfwareToml: at('selfware.toml'),
    metricsCurrent: at('metrics_current.json'),
    metrics: at('metrics'),
    checkpoints: at('checkpoints'),
    snapshots: at('snapshots.git'),
    finalReport: at('final_report.json'),
    report: at('report.md'),
    project: at('project'),
    agents: at('agents'),
    caches: at('caches'),
    judgeCaches: at('judge-caches'),
  };
}

/** One agent's own places; everything in them is the agent's to write. */
export interface AgentLayout {
  readonly root: string;
  readonly home: string;
  readonly output: string;
  readonly errors: string;
  readonly config: string;
  readonly prompts: string;
  /** What is /tmp to the agent behind full walls. */
  readonly temporary: string;
}

export function agentLayout(layout: Layout, agent: string): AgentLayout {
  const root = join(layout.agents, agent);
  return {
    root,
    home: join(root, 'home'),
    output: join(root, 'output.log'),
    errors: join(root, 'stderr.log'),
    config: join(root, 'selfware.toml'),
    prompts: join(root, 'prompts'),
    temporary: join(root, 'tmp'),
  };
}

/** File name of a numbered checkpoint; numbers past 999 sort after it by `listCheckpoints`, not by name. */
export function checkpointName(number: number): string {
  return `checkpoint_${String(number).padStart(3, '0')}.json`;
}

export function metricsName(number: number): string {
  return `metrics_${String(number).padStart(3, '0')}.json`;
}

/** A session id is also a folder name: nothing that could leave the runs directory. */
export const SESSION_ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;
