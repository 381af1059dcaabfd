// Lists of requirements: their lines as pip joins them, what they include, and nothing that could make pip run a script.
import { posix } from 'node:path';
import type { Tree } from '../tree.ts';

export interface Listed {
  /** Packages of an index, as `name[extra]>=1; marker`. */
  readonly packages: readonly string[];
  /** The same as lines of a list, with their hashes, and options that only say where and which. */
  readonly lines: readonly string[];
  /** Which versions may be taken, of packages that need not be there. */
  readonly constraints: readonly string[];
}

/** A sentence: why pip is told nothing. */
export interface Refused {
  readonly refused: string;
}

/** `Name[extra] >=1,<2; marker`: a name and which of its versions, never an option, a path or an address. */
const PACKAGE =
  /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?) ?(?:\[[\w ,.-]*\])? ?\(?(?:[<>=!~][\w.*+! ,<>=~-]*)?\)? ?(?:;[\w .'"<>=!~(),+*-]*)?$/;
/** pip takes such a name for a file when there is one. */
const ARCHIVE = /\.(?:zip|whl|tar|gz|tgz|bz2|tbz|xz|txz|lz|tlz|lzma)$/i;
/** Longer is no name of a package. */
const LONGEST = 500;
/** Of one package, each 70 letters. */
const MOST_HASHES = 200;
const HASH = / --hash[= ](sha(?:256|384|512):[0-9a-fA-F]{64,128})(?= |$)/g;

/** Options that only say where and which; all others could make pip run something. */
const HARMLESS =
  /^(?:(?:-i|--index-url|--extra-index-url)[ =]https?:\/\/[\w.:/@%~+=&?-]+|--require-hashes|--pre|--prefer-binary)$/;
const INCLUDE = /^(-r|--requirement(?=[ =])|-c|--constraint(?=[ =]))[ =]?(.+)$/;
const INSIDE = /^[\w.][\w./+@-]*$/;

const DEEPEST = 5;
const MOST_LISTS = 20;
const MOST_LINES = 2_000;
const MOST_LETTERS = 500_000;

/** The name when it is one package of an index; else null. */
export function packageName(text: string): string | null {
  if (text.length > LONGEST || / -/.test(text)) return null;
  const name = PACKAGE.exec(text)?.[1] ?? null;
  return name === null || ARCHIVE.test(name) ? null : normal(name);
}

/** `Foo_Bar` and `foo-bar` are one package. */
export function normal(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

export function notOfAnIndex(text: string, from: string): string {
  return `"${text.slice(0, 100)}" in ${from} is no package of an index: building it runs its scripts`;
}

/** These lists and all that they include, below the folder of the tree. */
export function readLists(tree: Tree, paths: readonly string[]): Listed | Refused {
  const found: Found = { packages: [], lines: [], constraints: [], read: new Set(), letters: 0 };
  for (const path of paths) {
    const refused = readList(tree, { path, kind: 'lines', within: [] }, found);
    if (refused !== null) return { refused };
  }
  const { packages, lines, constraints } = found;
  return { packages, lines, constraints };
}

interface Found {
  readonly packages: string[];
  readonly lines: string[];
  readonly constraints: string[];
  readonly read: Set<string>;
  letters: number;
}

interface List {
  readonly path: string;
  readonly kind: 'lines' | 'constraints';
  /** The lists that lead to it. */
  readonly within: readonly string[];
}

function readList(tree: Tree, { path, kind, within }: List, found: Found): string | null {
  const text = tree.get(path);
  const [first = path] = within;
  if (within.includes(path)) return `${path} includes itself`;
  if (text === undefined) return `${within.at(-1) ?? path} includes ${path}, which is no text file of the project`;
  if (within.length > DEEPEST) return `${first} includes lists more than ${DEEPEST} deep`;
  // Two lists may share a third one.
  if (found.read.has(`${kind} ${path}`)) return null;
  found.read.add(`${kind} ${path}`);
  found.letters += text.length;
  if (found.read.size > MOST_LISTS) return `${first} includes more than ${MOST_LISTS} lists`;
  if (found.letters > MOST_LETTERS) return `${first} and what it includes are longer than ${MOST_LETTERS} letters`;
  for (const line of linesOf(text)) {
    if (found.lines.length + found.constraints.length > MOST_LINES) return `${first} has more than ${MOST_LINES} lines`;
    const refused = readLine(tree, { path, kind, within }, { line, found });
    if (refused !== null) return refused;
  }
  return null;
}

function readLine(tree: Tree, { path, kind, within }: List, { line, found }: { line: string; found: Found }) {
  if (HARMLESS.test(line)) {
    found.lines.push(line);
    return null;
  }
  const [, option, to] = INCLUDE.exec(line) ?? [];
  if (option !== undefined && to !== undefined) {
    const target = posix.normalize(posix.join(posix.dirname(path), to));
    if (!INSIDE.test(to) || target.startsWith('..'))
      return `"${line.slice(0, 100)}" in ${path} names no file below the project’s folder`;
    // What a list of constraints requires is required all the same.
    const included = option.startsWith('-c') || option.startsWith('--c') ? 'constraints' : 'lines';
    return readList(tree, { path: target, kind: included, within: [...within, path] }, found);
  }
  const hashes = [...line.matchAll(HASH)].map(([, hash]) => ` --hash=${hash}`);
  const wanted = line.replace(HASH, '');
  if (packageName(wanted) === null || hashes.length > MOST_HASHES) return notOfAnIndex(line, path);
  found[kind].push(`${wanted}${hashes.join('')}`);
  if (kind === 'lines') found.packages.push(wanted);
  return null;
}

/** All that Python takes for the end of a line. */
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;

/** As pip joins them: a comment ends with its own line, whatever stands at the end of it. */
function linesOf(text: string): readonly string[] {
  const lines: string[] = [];
  let begun = '';
  for (const line of text.replace(/^\ufeff/, '').split(LINE_END)) {
    const isComment = /^\s*#/.test(line);
    if (line.endsWith('\\') && !isComment) begun += line.replace(/^\\+|\\+$/g, '');
    else {
      lines.push(`${begun}${isComment ? ' ' : ''}${line}`);
      begun = '';
    }
  }
  return [...lines, begun]
    .map((line) =>
      line
        .replace(/(^|\s)#.*$/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '');
}
