// Which of the judge's tools this machine has, and which gates stay inconclusive for want of the others.
import { runTool } from '../host/tool.ts';
import { llvmOf, OWN_LLVM } from '../judge/ecosystems/rust-coverage.ts';
import { isOnPath } from '../judge/ground.ts';

interface Tool {
  readonly name: string;
  /** What is inconclusive without it. */
  readonly gates: string;
  readonly isThere: (machine: Machine) => boolean | Promise<boolean>;
}

interface Machine {
  readonly has: (program: string) => boolean;
  /** Does this command end well? */
  readonly does: (file: string, ...args: readonly string[]) => Promise<boolean>;
}

const program = (name: string, gates: string): Tool => ({ name, gates, isThere: ({ has }) => has(name) });

/** Of the machine's Python, without what a home adds: the judged commands have another home. */
const module = (name: string, gates: string, what = name): Tool => ({
  name: what,
  gates,
  isThere: ({ does }) => does('python3', '-I', '-c', `import ${name}`),
});

/** The first of each does nearly everything. */
const TOOLS: Readonly<Record<string, readonly [Tool, ...Tool[]]>> = {
  rust: [
    // rustup puts a cargo there that has no toolchain to run.
    { name: 'cargo', gates: 'everything', isThere: ({ does }) => does('cargo', '--version') },
    { name: 'clippy', gates: 'lint', isThere: ({ does }) => does('cargo', 'clippy', '--version') },
    {
      name: 'llvm-cov',
      gates: 'coverage',
      isThere: async ({ has, does }) => llvmOf(has) !== null || (await does('sh', '-c', OWN_LLVM)),
    },
    program('cargo-audit', 'security'),
  ],
  node: [program('npm', 'everything')],
  python: [
    program('python3', 'everything'),
    module('ensurepip', 'fetch of dependencies', 'venv'),
    module('pytest', 'tests written for it'),
    module('coverage', 'coverage'),
    program('ruff', 'lint'),
    program('pip-audit', 'security'),
  ],
  go: [program('go', 'everything'), program('govulncheck', 'security')],
};

export interface ToolsFound {
  readonly ecosystem: string;
  readonly there: readonly string[];
  readonly missing: readonly Pick<Tool, 'name' | 'gates'>[];
}

/** Tells of each ecosystem; without its first tool of nothing else. */
export function toolsHere(env: NodeJS.ProcessEnv): Promise<readonly ToolsFound[]> {
  const machine: Machine = {
    has: (name) => isOnPath(name, env.PATH ?? ''),
    does: async (file, ...args) => !(await runTool(file, args, { timeoutMs: ASK_MS })).failed,
  };
  return Promise.all(
    Object.entries(TOOLS).map(async ([ecosystem, [first, ...others]]) => {
      const asked = (await first.isThere(machine)) ? [first, ...others] : [first];
      const answers = await Promise.all(asked.map(async (tool) => ({ tool, isThere: await tool.isThere(machine) })));
      return {
        ecosystem,
        there: answers.filter(({ isThere }) => isThere).map(({ tool }) => tool.name),
        missing: answers.filter(({ isThere }) => !isThere).map(({ tool: { name, gates } }) => ({ name, gates })),
      };
    }),
  );
}

const ASK_MS = 10_000;
