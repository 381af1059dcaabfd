// The test cases of a project, read from its files: name, place, body, how much each asserts, and whether it is skipped.
import { isTestFile, type Tree } from './tree.ts';

export interface TestCase {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly skipped: boolean;
  /** Calls that assert something; those that can never fail are not among them. */
  readonly assertions: number;
  /** Of those, the ones that compare with an exact value. */
  readonly exact: number;
  /** Its text without blanks, to recognise it under another name. */
  readonly body: string;
}

interface Language {
  readonly files: RegExp;
  /** The first line of a test; its name is in one of the groups. */
  readonly begins: RegExp;
  readonly skips: RegExp;
  readonly asserts: RegExp;
  readonly exact: RegExp;
  /** An attribute or decorator above the test belongs to it. */
  readonly above: RegExp | null;
}

/** Whatever is said to assert, check, expect, verify … by its name is taken to do so: shared code is often named like that. */
const NAMED = String.raw`\b(?:assert|expect|check|verify|should|require|ensure)\w*!?(?:\.\w+)*\s*\(`;

const LANGUAGES: readonly Language[] = [
  {
    files: /\.[cm]?[jt]sx?$/,
    begins:
      /^[ \t]*(?:test|it|xit|xtest)(?:\.(?:only|skip|todo|each|concurrent|fails|runIf|skipIf)(?:\([^)]*\))?)*\(\s*(['"`])(.*?)\1/,
    skips:
      /^[ \t]*(?:xit|xtest)\(|^[ \t]*(?:test|it)(?:\.\w+)*\.(?:skip|todo)\b|\{\s*(?:skip|todo):\s*(?!false)|^\s*(?:t|this|ctx)\.(?:skip|todo)\(/,
    asserts: new RegExp(`${NAMED}|\\bt\\.(?:is|deepEqual|throws|true|false|not)\\(`, 'g'),
    exact:
      /\.(?:toBe|toEqual|toStrictEqual|toMatchObject|toHaveLength|equal|strictEqual|deepEqual|deepStrictEqual|throws|rejects)\s*\(/g,
    above: null,
  },
  {
    files: /\.rs$/,
    begins: /^[ \t]*(?:pub )?(?:async )?fn (\w+)\s*\(/,
    skips: /#\[ignore/,
    asserts: new RegExp(
      `${NAMED}|\\bunwrap\\w*\\(|\\bpanic!|\\?;|#\\[should_panic|\\bunreachable!|\\bprop_assert`,
      'g',
    ),
    exact: /\bassert_eq!|\bassert_ne!|\bmatches!|#\[should_panic/g,
    above: /^\s*#\[/,
  },
  {
    files: /\.py$/,
    begins: /^[ \t]*(?:async )?def (test_\w+)\s*\(/,
    skips: /@(?:pytest\.mark|unittest)\.(?:skip|xfail)|\bpytest\.(?:skip|xfail)\(|\bself\.skipTest\(/,
    asserts: new RegExp(`${NAMED}|^\\s*assert\\b|\\braises\\(|\\bself\\.(?:assert|fail)\\w*\\(`, 'gm'),
    exact: /==|\bassertEqual\(|\bassert\w*Equal\(|\braises\(|\bassertRaises/g,
    above: /^\s*@/,
  },
  {
    files: /_test\.go$/,
    begins: /^func (Test\w+)\s*\(/,
    skips: /\bt\.Skip(?:f|Now)?\(/,
    asserts: new RegExp(`${NAMED}|\\bt\\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\\(`, 'g'),
    exact: /[!=]= |\bDeepEqual\(|\.Equal\(/g,
    above: null,
  },
];

/** What can never fail is no assertion. */
const TRIVIAL = new RegExp(
  [
    String.raw`\bassert!?(?:\.ok)?\s*\(\s*(?:true|1)\s*(?:,[^()]*)?\)`,
    String.raw`\bassert(?:\.\w+|_eq!)\(\s*(\w+)\s*,\s*\1\s*(?:,[^()]*)?\)`,
    String.raw`\bexpect\(\s*(true|1)\s*\)\.(?:toBe|toEqual)\(\s*\2\s*\)`,
    String.raw`\bexpect\(\s*true\s*\)\.toBeTruthy\(\)`,
    String.raw`\bassert True\b`,
    String.raw`\bself\.assertTrue\(True\)`,
  ].join('|'),
  'g',
);

export function testCasesOf(tree: Tree): readonly TestCase[] {
  const files = [...tree].flatMap(([file, text]) => {
    const language = LANGUAGES.find((one) => one.files.test(file));
    // Rust's unit tests stand beside the code they test.
    const holdsTests = file.endsWith('.rs') || isTestFile(file);
    return language === undefined || !holdsTests ? [] : [{ file, language, lines: text.split('\n') }];
  });
  const shared = new Map(files.flatMap(sharedIn));
  return files.flatMap((one) => casesIn(one, shared));
}

interface Source {
  readonly file: string;
  readonly language: Language;
  readonly lines: readonly string[];
}

/** Functions that tests share, with what they assert: moving assertions into one of them takes nothing away. */
type Shared = ReadonlyMap<string, Asserting>;

interface Asserting {
  readonly assertions: number;
  readonly exact: number;
}

const FUNCTION =
  /^\s*(?:export )?(?:pub )?(?:async )?(?:function\*?|fn|def|func) (\w+)\s*[(<]|^\s*(?:export )?const (\w+) = (?:async )?(?:\(|\w+ =>)/;

function sharedIn({ file, language, lines }: Source): readonly (readonly [string, Asserting])[] {
  return lines.flatMap((line, at): readonly (readonly [string, Asserting])[] => {
    const match = FUNCTION.exec(line);
    const name = match?.[1] ?? match?.[2];
    if (name === undefined || (language.begins.test(line) && !file.endsWith('.rs'))) return [];
    const body = withoutComments(bodyOf(lines, at), file).split('\n').slice(1).join('\n').replaceAll(TRIVIAL, '');
    const counted = countIn(body, language);
    return counted.assertions === 0 ? [] : [[name, counted]];
  });
}

function countIn(text: string, { asserts, exact }: Language): Asserting {
  return { assertions: text.match(asserts)?.length ?? 0, exact: text.match(exact)?.length ?? 0 };
}

function casesIn({ file, language, lines }: Source, shared: Shared): readonly TestCase[] {
  const found: TestCase[] = [];
  for (const [at, line] of lines.entries()) {
    const match = language.begins.exec(line);
    if (match === null) continue;
    const head = lines.slice(firstAbove(lines, at, language.above), at).join('\n');
    // In Rust only the attribute tells a test from any other function.
    if (file.endsWith('.rs') && !/#\[(?:\w+::)*test\b/.test(head)) continue;
    const body = withoutComments(bodyOf(lines, at), file);
    const real = `${head}\n${body}`.replaceAll(TRIVIAL, '');
    found.push({
      file,
      line: at + 1,
      name: match[2] ?? match[1] ?? '',
      skipped: language.skips.test(head) || skipsAtOnce(body, language),
      ...withShared(real, language, shared),
      body: body.replace(match[2] ?? match[1] ?? '', '').replace(/\s+/g, ''),
    });
  }
  return found;
}

function withShared(text: string, language: Language, shared: Shared): Asserting {
  const own = countIn(text, language);
  let { assertions, exact } = own;
  for (const [, name = ''] of text.matchAll(/\b(\w+)!?\s*\(/g)) {
    const more = shared.get(name);
    if (more === undefined) continue;
    // A call that is named like an assertion was counted as one already.
    assertions += more.assertions - (countIn(`${name}(`, language).assertions > 0 ? 1 : 0);
    exact += more.exact;
  }
  return { assertions, exact };
}

/** In the first lines of a body, and not under some condition. */
function skipsAtOnce(body: string, { skips }: Language): boolean {
  const [first = '', second = '', third = ''] = body.split('\n');
  return skips.test(first) || skips.test(second) || (skips.test(third) && !/\bif\b/.test(second));
}

function firstAbove(lines: readonly string[], at: number, above: RegExp | null): number {
  let first = at;
  while (above !== null && first > 0 && above.test(lines[first - 1] ?? '')) first--;
  return first;
}

/** From its first line to the next line that is indented no more and closes nothing. */
function bodyOf(lines: readonly string[], at: number): string {
  const indent = indentOf(lines[at] ?? '');
  // A test on one line is its own body.
  if (/\)\s*;?\s*$|\}\s*$/.test(lines[at] ?? '') && (lines[at] ?? '').includes('(') && balanced(lines[at] ?? ''))
    return lines[at] ?? '';
  const end = lines.findIndex((line, index) => index > at && line.trim() !== '' && indentOf(line) <= indent);
  return lines.slice(at, end === -1 ? lines.length : end + 1).join('\n');
}

function balanced(line: string): boolean {
  const count = (char: string) => line.split(char).length - 1;
  return count('(') === count(')') && count('{') === count('}');
}

function indentOf(line: string): number {
  return /^[ \t]*/.exec(line)?.[0].length ?? 0;
}

function withoutComments(text: string, file: string): string {
  return file.endsWith('.py') ? text.replace(/(^|\s)#[^\n]*/g, '$1') : text.replace(/(^|\s)\/\/[^\n]*/g, '$1');
}
