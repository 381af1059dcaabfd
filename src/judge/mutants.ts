// Mutants: small changes of the product's code that its tests should notice, made by text, chosen by the snapshot's name.
import { sha256 } from '../store/durable.ts';
import { codeOnly, type Language, languageOf } from './code-only.ts';
import type { Tree } from './tree.ts';

export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** Where in the file's text. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

/** Comparison, logic, arithmetic. Between blanks, so that `Vec<T>`, `&x` and `a, *, b` are none of them. */
const OPERATORS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '==': '!=',
  '!=': '==',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  and: 'or',
  or: 'and',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '+=': '-=',
  '-=': '+=',
};
const OPERATOR = /(?<=\S )(?:[<>=!]==?|&&|\|\||[-+]=?|[<>*/%]|and|or)(?= \S)/g;

const TRUTHS: Readonly<Record<string, string>> = { true: 'false', false: 'true', True: 'False', False: 'True' };
const TRUTH = /(?<![\w$.'"])(?:true|false|True|False)(?![\w$'"]|\s*:)/g;

/** What a function gives when it gives nothing, in languages where every function may. */
const NOTHING: Readonly<Partial<Record<Language, string>>> = { javascript: 'null', python: 'None' };
const RETURN = /^(\s*return )([^\s;].*?)(;?\s*)$/;

/** Lines that declare, import or describe: nothing that runs, or nothing that a test could tell. */
const NO_DEEDS: Readonly<Record<Language, RegExp>> = {
  javascript: /^\s*(?:import\b|export (?:\*|\{|type\b|interface\b)|type\b|interface\b|@)/,
  python: /^\s*(?:import\b|from\b|@)/,
  rust: /^\s*(?:use\b|pub use\b|mod\b|#!?\[|where\b|impl\b|(?:pub )?trait\b|(?:pub )?type\b)/,
  go: /^\s*(?:import\b|package\b)/,
};
/** From here on a file holds no product, or nothing that tests run. */
const NO_PRODUCT: Readonly<Partial<Record<Language, RegExp>>> = {
  python: /^if __name__ ==/,
  rust: /^\s*#\[cfg\(test\)\]/,
};

export function mutantsOf(file: string, text: string): readonly Mutant[] {
  const language = languageOf(file);
  if (language === null) return [];
  const code = codeOnly(text, language).split('\n');
  const end = code.findIndex((line) => NO_PRODUCT[language]?.test(line) === true);
  const found: Mutant[] = [];
  let start = 0;
  for (const [index, line] of code.slice(0, end === -1 ? code.length : end).entries()) {
    const original = text.slice(start, start + line.length);
    if (!NO_DEEDS[language].test(line))
      for (const [column, from, to] of changesOf(line, original, NOTHING[language]))
        found.push({ file, line: index + 1, at: start + column, from, to });
    start += line.length + 1;
  }
  return found;
}

type Change = readonly [column: number, from: string, to: string];

function changesOf(line: string, original: string, nothing: string | undefined): readonly Change[] {
  const changes: Change[] = [];
  for (const { 0: from, index } of line.matchAll(OPERATOR)) changes.push([index, from, OPERATORS[from] ?? from]);
  for (const { 0: from, index } of line.matchAll(TRUTH)) changes.push([index, from, TRUTHS[from] ?? from]);
  const [, begins = '', gives = '', ends = ''] = RETURN.exec(line) ?? [];
  const value = original.slice(begins.length, line.length - ends.length);
  if (
    nothing !== undefined &&
    gives !== '' &&
    isWhole(gives) &&
    !/^(?:null|undefined|None|true|false|True|False)$/.test(value)
  )
    changes.push([begins.length, value, nothing]);
  return changes.filter(([, from, to]) => from !== to);
}

/** Does the expression end on its line? */
function isWhole(code: string): boolean {
  let depth = 0;
  for (const char of code) {
    if ('([{'.includes(char)) depth++;
    if (')]}'.includes(char)) depth--;
    if (depth < 0) return false;
  }
  return depth === 0 && !/[-+*/%&|<>=?:,.\\]$|\b(?:and|or|not)$/.test(code.trimEnd());
}

export function mutated(text: string, { at, from, to }: Mutant): string {
  return `${text.slice(0, at)}${to}${text.slice(at + from.length)}`;
}

export interface Choice {
  /** Name of the snapshot: the same one gives the same mutants. */
  readonly seed: string;
  readonly most: number;
  readonly isCovered: (file: string, line: number) => boolean;
}

/** Mutants of the files, by lot; no two on one line. */
export function chosenFrom(tree: Tree, { seed, most, isCovered }: Choice): readonly Mutant[] {
  const lots = [...tree]
    .flatMap(([file, text]) => mutantsOf(file, text))
    .filter(({ file, line }) => isCovered(file, line))
    .map((mutant) => ({ mutant, lot: sha256(`${seed} ${mutant.file} ${mutant.at} ${mutant.to}`) }))
    .sort((one, other) => (one.lot < other.lot ? -1 : 1));
  const chosen = new Map<string, Mutant>();
  for (const { mutant } of lots) {
    if (chosen.size === most) break;
    const place = `${mutant.file}:${mutant.line}`;
    if (!chosen.has(place)) chosen.set(place, mutant);
  }
  return [...chosen.values()];
}
