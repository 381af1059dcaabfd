// Mutants are made in code only, one small change each, and the same snapshot gives the same ones.
import { expect, test } from 'vitest';
import { codeOnly } from '../../src/judge/code-only.ts';
import { chosenFrom, mutantsOf, mutated } from '../../src/judge/mutants.ts';

/** Each change with its line, as people read it. */
function changes(file: string, text: string): readonly string[] {
  return mutantsOf(file, text).map(({ line, from, to }) => `${line}: ${from} -> ${to}`);
}

test('text that was written to keep a reader busy is read at once', () => {
  const beganMs = performance.now();
  codeOnly(`const a = \`${'$'.concat('{a}').repeat(40)}\n`, 'javascript');
  expect(performance.now() - beganMs).toBeLessThan(1_000);
});

test('comparison, logic, arithmetic, truth and what is returned are changed, each by itself', () => {
  const text = 'export function room(a, b) {\n  if (a < b && b !== 0) return true;\n  return a * b + 1;\n}\n';
  expect(changes('src/a.ts', text)).toEqual([
    '2: < -> <=',
    '2: && -> ||',
    '2: !== -> ===',
    '2: true -> false',
    '3: * -> /',
    '3: + -> -',
    '3: a * b + 1 -> null',
  ]);
  for (const mutant of mutantsOf('src/a.ts', text)) {
    const changed = mutated(text, mutant);
    expect(changed.length - text.length).toBe(mutant.to.length - mutant.from.length);
    expect(changed.split('\n')).toHaveLength(text.split('\n').length);
    expect(changed).not.toBe(text);
  }
});

test('comments, texts, patterns and templates are no code, in every language', () => {
  const nothing: readonly (readonly [string, string])[] = [
    ['a.js', '// a < b\n/* a < b\n true */ const x = \'a < b\' + "a < b";\n'.replace(' + ', ', ')],
    ['a.ts', `const x = \`a < b \${c < \`\${d} < e\`} true\`;\nconst y = /a < b[/"] true/.test(x);\n`],
    ['a.ts', "import a from 'b';\ntype X = true | false;\ninterface Y { readonly is: true }\nconst z = { true: 1 };\n"],
    ['a.py', '"""a < b\ntrue and """\n# a < b\nx = f\'a < b\'\nfrom a import b\n'],
    [
      'a.rs',
      '// a < b\nlet x = r#"a < b "true" "#;\nlet y: Vec<T> = z(&w, \'"\');\n#[allow(a = true)]\nlet v = "a\\" < b";\n',
    ],
    ['a.rs', "fn f<'a, 'b>(x: &'a str) {}\n#[cfg(test)]\nmod tests { fn g() -> bool { 1 < 2 } }\n"],
    ['a.go', "package a\n// a < b\nvar x = `a < b\n true`\nvar p *T\nvar c = '\\''\nvar s = \"a < b\"\n"],
    ['a.py', 'def f(a, *, b=1) -> int:\n    pass\nif __name__ == "__main__":\n    f(1 < 2)\n'],
    ['a.tsx', 'const x = a < b;\n'],
    ['a.d.ts', 'declare const x: true;\n'],
  ];
  for (const [file, text] of nothing) expect([text, changes(file, text)]).toEqual([text, []]);
});

test('what follows something that is no code is code again', () => {
  expect(changes('a.js', "const x = 'it\\'s' + a / b / c; // + 1\n")).toEqual(['1: + -> -', '1: / -> *', '1: / -> *']);
  expect(changes('a.py', 'x = \'a\' + """b\n < """ + c and True\n')).toEqual([
    '1: + -> -',
    '2: + -> -',
    '2: and -> or',
    '2: True -> False',
  ]);
  expect(changes('a.go', 'func f() bool { return x == `<` || !true }\n')).toEqual([
    '1: == -> !=',
    '1: || -> &&',
    '1: true -> false',
  ]);
  expect(changes('a.rs', 'let x = c == \'"\' && d == "<";\n')).toEqual(['1: == -> !=', '1: && -> ||', '1: == -> !=']);
});

test('a returned value that goes on on the next line, or is nothing anyway, is left alone', () => {
  expect(changes('a.js', 'return f(\n  1,\n);\n')).toEqual([]);
  expect(changes('a.js', 'return null;\n')).toEqual([]);
  expect(changes('a.py', '    return None\n    return {\n    return a.b(1)\n')).toEqual(['3: a.b(1) -> None']);
  expect(changes('a.js', "return 'text';\n")).toEqual(["1: 'text' -> null"]);
});

test('blanking keeps every line and column', () => {
  const text = "a = 'x\\'' /* ü\n */ + b // c\n";
  expect(codeOnly(text, 'javascript')).toBe(`a = ${"'".repeat(5)}     \n    + b     \n`);
});

test('the snapshot decides by lot: the same mutants for the same one, others for another, no two on one line', () => {
  const text = Array.from({ length: 40 }, (_, at) => `const x${at} = a < b && c > ${at};`).join('\n');
  const tree = new Map([
    ['src/a.js', text],
    ['src/b.js', text],
  ]);
  const choose = (seed: string, isCovered: (file: string, line: number) => boolean = () => true) =>
    chosenFrom(tree, { seed, most: 8, isCovered });
  expect(choose('one')).toEqual(choose('one'));
  expect(choose('one')).not.toEqual(choose('other'));
  expect(new Set(choose('one').map(({ file, line }) => `${file}:${line}`)).size).toBe(8);
  expect(choose('one', (file: string, line: number) => file === 'src/b.js' && line === 7)).toMatchObject([
    { file: 'src/b.js', line: 7 },
  ]);
});
