// The files to deploy RedQueue with Docker, checked by reading: nothing is built, nothing is started.
import { parse } from 'yaml';
import { secretsIn } from '../secrets.ts';
import type { Tree } from '../tree.ts';
import { instructionsOf, loosePins, stagesOf } from './dockerfile.ts';
import type { Checked } from './words.ts';

const FILES = ['Dockerfile', 'compose.yaml', '.dockerignore'];

export interface Deployed {
  readonly port: number;
  readonly data: string;
}

/** `tree` is of the judged project; one line a promise. */
export async function dockerChecks(tree: Tree, deployed: Deployed): Promise<readonly Checked[]> {
  const own = new Map([...tree].filter(([path]) => FILES.includes(path)));
  const secrets = await secretsIn(own);
  return [
    checked(
      'images are pinned',
      of(tree, 'Dockerfile', (text) => loosePins(stagesOf(instructionsOf(text)))),
    ),
    checked(
      'the image runs as a user, with ports, health and start',
      of(tree, 'Dockerfile', (text) => lastStage(text, deployed)),
    ),
    checked(
      'compose.yaml has the service with ports, volume and restart',
      of(tree, 'compose.yaml', (text) => composed(text, deployed)),
    ),
    checked(
      '.dockerignore keeps out .git and the data',
      of(tree, '.dockerignore', (text) => ignored(text, deployed)),
    ),
    checked(
      'no secrets in them',
      secrets.map(({ text, file }) => `${file ?? ''}: ${text}`),
    ),
  ];
}

function checked(name: string, wrongs: readonly string[]): Checked {
  const text = wrongs.join('; ').slice(0, 1_000);
  return { component: 'docker', name, verdict: wrongs.length === 0 ? 'passed' : 'failed', text };
}

function of(tree: Tree, path: string, ask: (text: string) => readonly string[]): readonly string[] {
  const text = tree.get(path);
  return text === undefined ? [`there is no ${path}`] : ask(text);
}

/** The dashboard's port follows the main one. */
function portsOf({ port }: Deployed): readonly number[] {
  return [port, port + 1];
}

function lastStage(text: string, deployed: Deployed): readonly string[] {
  const all = stagesOf(instructionsOf(text)).stages.at(-1)?.instructions ?? [];
  const rests = (...names: readonly string[]) => all.filter(({ name }) => names.includes(name)).map(({ rest }) => rest);
  const user = rests('USER').at(-1)?.split(':')[0];
  const exposed = rests('EXPOSE').flatMap((rest) =>
    rest.split(/\s+/).map((port) => Number(port.replace(/\/tcp$/, ''))),
  );
  const starts = rests('CMD', 'ENTRYPOINT');
  const health = rests('HEALTHCHECK').at(-1);
  return [
    ...(user === undefined || user === 'root' || user === '0' ? ['USER is root'] : []),
    ...portsOf(deployed).flatMap((port) => (exposed.includes(port) ? [] : [`EXPOSE lacks ${port}`])),
    ...(health === undefined || /^none$/i.test(health) ? ['there is no HEALTHCHECK'] : []),
    ...(starts.length > 0 && starts.every(isExecForm) ? [] : ['CMD or ENTRYPOINT is not in exec form']),
  ];
}

function isExecForm(rest: string): boolean {
  try {
    const words: unknown = JSON.parse(rest);
    return Array.isArray(words) && words.every((word) => typeof word === 'string');
  } catch {
    return false;
  }
}

type Loose = Readonly<Record<string, unknown>>;

function composed(text: string, deployed: Deployed): readonly string[] {
  let file: Loose;
  try {
    file = asTable(parse(text));
  } catch (error) {
    return [`compose.yaml is not valid YAML: ${(error as Error).message.split('\n')[0]}`];
  }
  const service = asTable(asTable(file.services).redqueue);
  const published = asList(service.ports).map((entry) =>
    typeof entry === 'object'
      ? Number(asTable(entry).target)
      : Number(
          String(entry)
            .replace(/\/tcp$/, '')
            .split(':')
            .at(-1),
        ),
  );
  const declared = Object.keys(asTable(file.volumes));
  const mounted = asList(service.volumes).map((entry) =>
    typeof entry === 'object' ? String(asTable(entry).source) : String(entry).split(':')[0],
  );
  if (Object.keys(service).length === 0) return ['compose.yaml has no service redqueue'];
  return [
    ...(service.build === undefined ? ['the service has no build'] : []),
    ...portsOf(deployed).flatMap((port) => (published.includes(port) ? [] : [`port ${port} is not published`])),
    ...(mounted.some((name) => name !== undefined && declared.includes(name)) ? [] : ['no declared volume is mounted']),
    ...(service.restart === undefined || service.restart === 'no' ? ['there is no restart policy'] : []),
  ];
}

function asTable(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function ignored(text: string, { data }: Deployed): readonly string[] {
  const bare = (path: string) => path.trim().replace(/^(\*\*\/|\.?\/)+|\/+(\*\*)?$/g, '');
  const names = text.split(/\r?\n/).map(bare);
  return ['.git', data].flatMap((name) => (names.includes(bare(name)) ? [] : [`.dockerignore does not name ${name}`]));
}
