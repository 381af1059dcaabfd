// The files to deploy RedQueue with Docker, checked by reading: nothing is built, nothing is started.
import { parse } from 'yaml';
import { secretsIn } from '../secrets.ts';
import type { Tree } from '../tree.ts';
import { filled, instructionsOf, loosePins, stagesOf } from './dockerfile.ts';
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
  const all = stagesOf(instructionsOf(text)).at(-1)?.instructions ?? [];
  const rests = (wanted: string) => all.filter(({ name }) => name === wanted).map(({ rest }) => rest);
  const user = rests('USER').at(-1)?.split(':')[0];
  const exposed = rests('EXPOSE').flatMap((rest) => rest.split(/\s+/));
  const starts = [...rests('CMD').slice(-1), ...rests('ENTRYPOINT').slice(-1)];
  const health = rests('HEALTHCHECK').at(-1);
  return [
    ...(user === undefined || /^(root|[+-]?0*)$/.test(user) ? ['USER is root'] : []),
    ...portsOf(deployed).flatMap((port) => (hasPort(exposed, port) ? [] : [`EXPOSE lacks ${port}`])),
    ...(health === undefined || /^none$/i.test(health) ? ['there is no HEALTHCHECK'] : []),
    ...(starts.length > 0 && starts.every(isExecForm) ? [] : ['CMD or ENTRYPOINT is not in exec form']),
  ];
}

/** `words` are ports or ranges of them, as Docker writes both. */
function hasPort(words: readonly string[], port: number): boolean {
  return words.some((word) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?(?:\/tcp)?$/i.exec(word) ?? [];
    return Number(first) <= port && port <= Number(last);
  });
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
    file = asTable(parse(filled(text, new Map()), { merge: true }));
  } catch (error) {
    return [`compose.yaml is not valid YAML: ${(error as Error).message.split('\n')[0]}`];
  }
  const service = asTable(asTable(file.services).redqueue);
  const published = asList(service.ports).map((entry) =>
    typeof entry === 'object' ? String(asTable(entry).target) : (String(entry).split(':').at(-1) ?? ''),
  );
  const declared = Object.keys(asTable(file.volumes));
  const mounted = asList(service.volumes).map((entry) =>
    typeof entry === 'object' ? String(asTable(entry).source) : String(entry).split(':')[0],
  );
  if (Object.keys(service).length === 0) return ['compose.yaml has no service redqueue'];
  return [
    ...(service.build === undefined ? ['the service has no build'] : []),
    ...portsOf(deployed).flatMap((port) => (hasPort(published, port) ? [] : [`port ${port} is not published`])),
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

/** The last line that is about a name decides. */
function ignored(text: string, { data }: Deployed): readonly string[] {
  const bare = (path: string) => path.trim().replace(/^(\*\*\/|\.?\/)+|\/+(\*\*)?$/g, '');
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return ['.git', data].flatMap((name) => {
    const about = [bare(name), '*', '**'];
    const last = lines.findLast((line) => about.includes(bare(line.replace(/^!/, ''))));
    return last === undefined || last.startsWith('!') ? [`.dockerignore does not keep out ${name}`] : [];
  });
}
