// What was done to the tests between two snapshots: findings with file and line; moving and renaming is none.
import { exclusionsIn, groupSkipsIn, isNeutral, standInsIn, thresholdsIn } from './tamper-settings.ts';
import { type TestCase, testCasesOf } from './test-cases.ts';
import { isTestFile, type Tree } from './tree.ts';

export interface TamperFinding {
  readonly kind:
    | 'deleted'
    | 'skipped'
    | 'weakened'
    | 'assertion-free'
    | 'lowered-threshold'
    | 'excluded-from-coverage'
    | 'neutralised';
  readonly text: string;
  readonly file: string;
  readonly line: number;
}

export function tamperingBetween(before: Tree, after: Tree): readonly TamperFinding[] {
  return [...testsChanged(before, after), ...settingsChanged(before, after)];
}

function testsChanged(before: Tree, after: Tree): readonly TamperFinding[] {
  const had = testCasesOf(before);
  const has = testCasesOf(after);
  const left = new Set(has);
  const found: TamperFinding[] = [];
  const obsolete = (old: TestCase) => isObsolete(old.file, before, after);
  for (const [old, now] of paired(had, left)) if (now !== null || !obsolete(old)) found.push(...changed(old, now));
  // What is new must assert something; what was there before without doing so is old news.
  for (const one of left)
    if (one.assertions === 0 && !one.skipped)
      found.push(finding('assertion-free', one, `new test "${one.name}" asserts nothing`));
  return found;
}

/** A test file is gone together with the code of the same name that it was about. */
function isObsolete(file: string, before: Tree, after: Tree): boolean {
  if (after.has(file)) return false;
  const about = stemOf(file);
  const sources = [...before.keys()].filter((path) => path !== file && !isTestFile(path) && stemOf(path) === about);
  return sources.length > 0 && sources.every((path) => !after.has(path));
}

function stemOf(path: string): string {
  const name = path.split('/').at(-1) ?? '';
  return name.replace(/\.[^.]+$/, '').replace(/[._-]?(?:test|spec)s?$|^test_/, '');
}

/** Each earlier test with what it has become: by name in its file, by name anywhere, by what it does; null when it is gone. */
function paired(had: readonly TestCase[], left: Set<TestCase>): readonly (readonly [TestCase, TestCase | null])[] {
  const ways: readonly ((old: TestCase, now: TestCase) => boolean)[] = [
    (old, now) => old.file === now.file && old.name === now.name,
    (old, now) => old.name === now.name,
    (old, now) => old.body !== '' && old.body === now.body,
  ];
  const pairs = new Map<TestCase, TestCase | null>(had.map((old) => [old, null]));
  for (const way of ways)
    for (const [old, known] of pairs) {
      const now = known ?? [...left].find((one) => way(old, one));
      if (now === undefined || known !== null) continue;
      pairs.set(old, now);
      left.delete(now);
    }
  return [...pairs];
}

function changed(old: TestCase, now: TestCase | null): readonly TamperFinding[] {
  if (now === null) return old.assertions === 0 ? [] : [finding('deleted', old, `test "${old.name}" is gone`)];
  if (now.skipped && !old.skipped) return [finding('skipped', now, `test "${now.name}" is skipped now`)];
  if (old.assertions > 0 && now.assertions === 0)
    return [finding('assertion-free', now, `test "${now.name}" asserts nothing any more`)];
  if (now.assertions < old.assertions)
    return [
      finding('weakened', now, `test "${now.name}" asserts ${now.assertions} times instead of ${old.assertions}`),
    ];
  if (now.exact < old.exact && now.assertions <= old.assertions)
    return [finding('weakened', now, `test "${now.name}" compares ${old.exact - now.exact} values less exactly`)];
  return [];
}

function settingsChanged(before: Tree, after: Tree): readonly TamperFinding[] {
  const found: TamperFinding[] = [];
  for (const [file, text] of after) {
    const earlier = before.get(file) ?? '';
    const skips = groupSkipsIn(file, earlier).length;
    for (const [line, what] of groupSkipsIn(file, text).slice(skips))
      found.push({ kind: 'skipped', text: `tests are skipped together: ${what}`, file, line });
    for (const [line, what] of exclusionsIn(file, text))
      if (!countedIn(exclusionsIn(file, earlier), what))
        found.push({ kind: 'excluded-from-coverage', text: `excluded from coverage: ${what}`, file, line });
    for (const [line, what] of standInsIn(file, text))
      if (!countedIn(standInsIn(file, earlier), what))
        found.push({ kind: 'neutralised', text: `something else says how the tests ended: ${what}`, file, line });
    const neutral = isNeutral(file, text);
    if (neutral !== null && isNeutral(file, earlier) === null)
      found.push({
        kind: 'neutralised',
        text: `the test command cannot fail: ${neutral.text}`,
        file,
        line: neutral.line,
      });
  }
  for (const [file, text] of before) {
    const now = new Map(thresholdsIn(file, after.get(file) ?? '').map((one) => [one.name, one]));
    for (const old of thresholdsIn(file, text)) {
      const is = now.get(old.name);
      if (is !== undefined && is.value >= old.value) continue;
      const moved = [...after].some(
        ([other, content]) =>
          other !== file && thresholdsIn(other, content).some((one) => one.name === old.name && one.value >= old.value),
      );
      if (moved) continue;
      const text =
        is === undefined ? `${old.name} of ${old.value} is gone` : `${old.name} is ${is.value} instead of ${old.value}`;
      found.push({ kind: 'lowered-threshold', text, file, line: is?.line ?? 1 });
    }
  }
  return found;
}

function countedIn(all: readonly (readonly [number, string])[], what: string): boolean {
  return all.some(([, one]) => one === what);
}

function finding(kind: TamperFinding['kind'], { file, line }: TestCase, text: string): TamperFinding {
  return { kind, text, file, line };
}

/** Findings against several earlier snapshots, each said once. */
export function tamperingSince(earlier: readonly Tree[], now: Tree): readonly TamperFinding[] {
  const found = new Map<string, TamperFinding>();
  for (const before of earlier)
    for (const one of tamperingBetween(before, now)) {
      const key = `${one.kind} ${one.file} ${one.text.replace(/\d+/g, '#')}`;
      if (!found.has(key)) found.set(key, one);
    }
  return [...found.values()];
}
