// Reads a TOML file within limits, and finds the place of a key in it when something is to be said about it.
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { type Diagnostic, InputError, type Spot } from './diagnostics.ts';

const LARGEST = 1024 * 1024;
const DEEPEST = 16;
const MOST_VALUES = 10_000;

export interface TomlFile {
  readonly path: string;
  readonly text: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The file's contents. Throws an InputError that says what is wrong and where. */
export function readToml(path: string): TomlFile {
  return tomlIn(path, readText(path));
}

/** The same of a text that was read already; `path` is what it is called. */
export function tomlIn(path: string, text: string): TomlFile {
  try {
    const value = parse(text) as Record<string, unknown>;
    if (depthOf(value, 0) > DEEPEST) throw problem(path, `is nested deeper than ${DEEPEST} levels`);
    if (valuesIn(value) > MOST_VALUES)
      throw problem(path, `holds more than ${MOST_VALUES} values; that is no configuration`);
    const alien = alienKey(value, []);
    if (alien !== null) throw problem(path, `${alien}: unknown key`);
    return { path, text, value };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const line = text.split(/\r?\n/)[error.line - 1] ?? '';
    const message = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? 'not valid TOML';
    throw problem(path, `not valid TOML: ${message}`, {
      line: error.line,
      column: error.column,
      length: 1,
      text: line,
    });
  }
}

function readText(path: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw problem(path, code === 'ENOENT' ? 'there is no such file' : `cannot be read: ${message}`);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw problem(path, 'is not a file');
    if (stat.size > LARGEST) throw problem(path, `is larger than ${LARGEST / 1024} KiB; that is no configuration`);
    const bytes = readFileSync(file);
    if (bytes.includes(0)) throw problem(path, 'is a binary file, not TOML');
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw problem(path, 'is not valid UTF-8 text');
    }
  } finally {
    closeSync(file);
  }
}

function problem(file: string, message: string, spot: Spot | null = null): InputError {
  const diagnostic: Diagnostic = { severity: 'error', key: '', message, place: { is: 'file', file, spot } };
  return new InputError([diagnostic]);
}

/** Levels of nesting; it stops counting once there are too many, so no depth can overflow it. */
function depthOf(value: unknown, depth: number): number {
  if (depth > DEEPEST || typeof value !== 'object' || value === null || value instanceof Date) return depth;
  return Object.values(value).reduce<number>((most, inner) => Math.max(most, depthOf(inner, depth + 1)), depth + 1);
}

/** A key that is no name but a property of every object, and so would be overlooked. */
function alienKey(value: unknown, path: readonly string[]): string | null {
  if (typeof value !== 'object' || value === null || value instanceof Date) return null;
  for (const [name, inner] of Object.entries(value)) {
    const found = name === '__proto__' ? [...path, name].join('.') : alienKey(inner, [...path, name]);
    if (found !== null) return found;
  }
  return null;
}

/** Tables, lists and plain values; it stops counting once there are too many. */
function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Date) return 1;
  let count = 1;
  for (const inner of Object.values(value)) {
    count += valuesIn(inner);
    if (count > MOST_VALUES) break;
  }
  return count;
}

export type KeyPath = readonly (string | number)[];

/** Where each of the keys stands. The parser that knows places is only loaded when there is something to say. */
export async function spotsOf(file: TomlFile, keys: readonly KeyPath[]): Promise<readonly (Spot | null)[]> {
  const { parseTOML } = await import('toml-eslint-parser');
  const lines = file.text.split(/\r?\n/);
  const found = new Map<string, Spot>();
  const note = (path: KeyPath, node: Node) => {
    const { start, end } = node.loc;
    const text = lines[start.line - 1] ?? '';
    const length = end.line === start.line ? end.column - start.column : text.length - start.column;
    const key = JSON.stringify(path);
    if (!found.has(key)) found.set(key, { line: start.line, column: start.column + 1, length, text });
  };
  for (const node of nodesOf(() => parseTOML(file.text).body[0].body as readonly Node[])) {
    if (node.type === 'TOMLTable') {
      noteAll(node.resolvedKey ?? [], node.key?.keys ?? [], note);
      for (const inner of node.body ?? []) visit(inner, node.resolvedKey ?? [], note);
    } else visit(node, [], note);
  }
  return keys.map((key) => nearest(key, found));
}

/** The parser with places overflows on very long texts, which the other takes: then nothing has a place. */
function nodesOf(read: () => readonly Node[]): readonly Node[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** What we use of the parser's nodes. */
interface Node {
  readonly type: string;
  readonly loc: { readonly start: Position; readonly end: Position };
  readonly resolvedKey?: KeyPath;
  readonly key?: Node;
  readonly keys?: readonly Node[];
  readonly name?: string;
  readonly value?: Node | string;
  readonly body?: readonly Node[];
  readonly elements?: readonly Node[];
}

interface Position {
  readonly line: number;
  readonly column: number;
}

type Note = (path: KeyPath, node: Node) => void;

function visit(node: Node, base: KeyPath, note: Note): void {
  if (node.type !== 'TOMLKeyValue') return;
  const keys = node.key?.keys ?? [];
  const path = [...base, ...keys.map(nameOf)];
  noteAll(path, keys, note);
  if (typeof node.value === 'object') visitValue(node.value, path, note);
}

function visitValue(node: Node, path: KeyPath, note: Note): void {
  if (node.type === 'TOMLInlineTable') for (const inner of node.body ?? []) visit(inner, path, note);
  if (node.type === 'TOMLArray')
    node.elements?.forEach((element, index) => {
      note([...path, index], element);
      visitValue(element, [...path, index], note);
    });
}

/** Notes a path by its last key, and the tables above it by theirs. */
function noteAll(path: KeyPath, keys: readonly Node[], note: Note): void {
  keys.forEach((key, index) => {
    const upTo = path.length - (keys.length - 1 - index);
    if (upTo > 0) note(path.slice(0, upTo), key);
  });
}

function nameOf(key: Node): string {
  return key.name ?? (typeof key.value === 'string' ? key.value : '');
}

/** The place of a key, or of the nearest table above it (a key that is missing has no place of its own). */
function nearest(path: KeyPath, found: ReadonlyMap<string, Spot>): Spot | null {
  for (let length = path.length; length > 0; length--) {
    const spot = found.get(JSON.stringify(path.slice(0, length)));
    if (spot !== undefined) return spot;
  }
  return null;
}
