// What the checks of a component share: a program to ask, fresh folders, the command line tool, and what is ended afterwards.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Wrong } from './check.ts';
import { type Environment, type Running, startProgram, startTool, type Tool, type ToolRun } from './program.ts';

export interface Stage {
  /** The judged project's root. */
  readonly root: string;
  /** Lines of the specification: a statement and its known result. */
  readonly statements: readonly string[];
  /** A new folder. */
  readonly folder: () => string;
  /** A name nobody has used yet. */
  readonly name: (prefix: string) => string;
  /** A program of its own for this check; its data in a new folder unless one is named. */
  readonly start: (options?: { data?: string; env?: Environment }) => Promise<Running>;
  /** The program that the checks of this component share. */
  readonly shared: () => Promise<Running>;
  readonly tool: (file: string, args: readonly string[], options?: ToolOptions) => Promise<ToolRun>;
  readonly startTool: (file: string, args: readonly string[], options?: ToolOptions) => Tool;
  /** Done when the check is over, the last one first. */
  readonly later: (end: () => void) => void;
}

export interface ToolOptions {
  readonly env?: Environment;
  readonly input?: string;
  readonly limitMs?: number;
}

export interface StageFacts {
  readonly root: string;
  readonly command: readonly string[];
  readonly scratch: string;
  readonly statements: readonly string[];
}

const TOOL_MS = 20_000;
let made = 0;

/** A stage for the checks of one component, with what clears it: after a check, and after them all. */
export function openStage({ root, command, scratch, statements }: StageFacts) {
  const ofCheck: (() => void)[] = [];
  const ofComponent: (() => void)[] = [];
  let running: Promise<Running> | null = null;
  const folder = () => {
    const path = join(scratch, `probe-${made++}`);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const runTool: Stage['startTool'] = (file, args, { env = {}, input = '', limitMs = TOOL_MS } = {}) =>
    startTool({ file: join(root, file), args, root, env, input, limitMs }, (end) => ofCheck.push(end));
  const stage: Stage = {
    root,
    statements,
    folder,
    name: (prefix) => `${prefix}${made++}`,
    start: ({ data = folder(), env = {} } = {}) =>
      startProgram({ argv: command, root, data, env }, (end) => ofCheck.push(end)),
    shared: () => {
      running ??= startProgram({ argv: command, root, data: folder(), env: {} }, (end) => ofComponent.push(end));
      return running;
    },
    tool: async (file, args, options) => {
      const run = await runTool(file, args, options).ended;
      if (run.code === 126 || run.code === 127) throw new Wrong(`${file} does not run: ${run.errors.slice(-200)}`);
      return run;
    },
    startTool: runTool,
    later: (end) => ofCheck.push(end),
  };
  const clear = (list: (() => void)[]) => {
    for (const end of list.splice(0).reverse()) end();
  };
  return { stage, endCheck: () => clear(ofCheck), endAll: () => [ofCheck, ofComponent].forEach(clear) };
}
