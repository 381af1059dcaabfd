// Test files that ended their own process with exit code 0 before a test: node --test then counts the file as one passed test.
import { stripVTControlCharacters } from 'node:util';
import { codeOnly } from '../code-only.ts';
import type { Ran } from '../command.ts';
import type { Ground } from '../ground.ts';
import type { Reading } from '../plan.ts';
import { scriptOf } from './node-package.ts';

/** Where tests are chosen by name, a file of which none was wanted is told like one that ended early. */
const CHOOSES = /--test-(?:name-pattern|skip-pattern|only)\b/;

/** The same reading, failed when a test file ended early. */
export function ranToTheEnd(ground: Ground, ran: Ran, reading: Reading): Reading {
  if (reading.verdict !== 'passed' || CHOOSES.test(`${ran.argv.join(' ')} ${scriptOf(ground, 'test') ?? ''}`))
    return reading;
  const ended = endedEarly(ground, ran);
  return ended === null ? reading : { ...reading, verdict: 'failed', reason: `${ended} ended before its tests did` };
}

/**
 * The first such file. A plain script without node:test gives the same entry and is honest; one that ended between two of its
 * tests, after the first was told, gives no sign at all.
 */
function endedEarly({ root, tree }: Ground, { report, output }: Ran): string | null {
  const told = stripVTControlCharacters(`${report ?? ''}\n${output}`).replaceAll('\r\n', '\n');
  const paths = entries(told).map((name) => (name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name));
  return paths.find((path) => registersTests(tree.get(path) ?? '')) ?? null;
}

/** Names of passed entries at the top without children: of TAP, of node's own text and of JUnit. */
function entries(told: string): readonly string[] {
  const tap = told.matchAll(/(?<!\n {4}1\.\.\d+\n)^ok \d+ - (.+)$/gm);
  const junit = told.matchAll(/<testcase name="([^"]+)"[^>]* classname="test"/g);
  const parents = new Set([...told.matchAll(/^▶ (.+)$/gm)].map(([, name]) => name));
  const spec = [...told.matchAll(/^✔ (.+) \([\d.]+ms\)$/gm)].filter(([, name]) => !parents.has(name));
  return [...tap, ...junit, ...spec].map(([, name]) => name ?? '');
}

const IMPORTS = /\b(?:import|const|let|var)\b([\w\s{},*:$]{1,500}?)(?:=\s*require\(\s*|from\s*)['"]node:test['"]/g;
const REGISTERS_NONE = /^(?:as|type|default|before|after|beforeEach|afterEach|mock|snapshot|assert|run)$/;

/** Loaded by itself, it has tests: what only a function or a condition would register is none of them. */
function registersTests(text: string): boolean {
  const named = [...text.matchAll(IMPORTS)].flatMap(([, names]) => names?.match(/[\w$]+/g) ?? []);
  const names = new Set(named.filter((name) => !REGISTERS_NONE.test(name)));
  const calls = atTop(codeOnly(text, 'javascript')).matchAll(
    /(?:^|;[ \t]*)(?:(?:await|void) )?([\w$]+)(?:\.(?:test|it|describe|suite|only))?\(/gm,
  );
  return [...calls].some(([, name]) => names.has(name ?? ''));
}

/** The code outside of all brackets. */
function atTop(code: string): string {
  let depth = 0;
  let top = '';
  for (const letter of code) {
    if (/[)}]/.test(letter)) depth -= 1;
    if (depth === 0) top += letter;
    if (/[({]/.test(letter)) depth += 1;
  }
  return top;
}
