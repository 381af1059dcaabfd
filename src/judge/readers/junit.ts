// JUnit XML, as node --test, pytest and many others write it.
import { counts, type TestCounts } from './test-counts.ts';
import { all, readXml } from './xml.ts';

export function junit(text: string): TestCounts | null {
  const document = readXml(text);
  if (document === null || !/^testsuites?$/.test(document.name)) return null;
  const root = { attributes: {}, children: { [document.name]: [document.root] } };
  const cases = [...all(root, 'testcase')];
  const has = (name: string) => (one: (typeof cases)[number]) => (one.children[name]?.length ?? 0) > 0;
  const failing = cases.filter((one) => has('failure')(one) || has('error')(one));
  const skipped = cases.filter((one) => has('skipped')(one) && !failing.includes(one)).length;
  const names = failing.map(({ attributes }) => `${attributes.classname ?? ''} ${attributes.name ?? ''}`.trim());
  const promised = [...all(root, 'testsuite')]
    .filter(({ children }) => children.testsuite === undefined)
    .reduce((sum, { attributes }) => sum + Number(attributes.tests ?? 0), 0);
  const short = promised > cases.length ? `${cases.length} of ${promised} tests are in the report` : null;
  const unloaded = failing.find((one) => one.children.error?.[0]?.attributes.message === 'collection failure');
  const broken = unloaded === undefined ? short : 'test files could not be loaded';
  return { ...counts(cases.length - failing.length - skipped, names, skipped), broken };
}
