// XML reports as plain objects: well-formed or nothing, no entities of their own, every element a list.
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';

/** An element: its attributes, its text, and its children by name in order. */
export interface Element {
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Readonly<Record<string, readonly Element[]>>;
}

const LARGEST = 64 * 1024 * 1024;
const RECORD = z.record(z.string(), z.unknown());

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseAttributeValue: false,
  parseTagValue: false,
  isArray: (name) => !name.startsWith('@') && name !== '#text',
});

/** The root element's name and contents; null when it is no well-formed XML. */
export function readXml(text: string): { readonly name: string; readonly root: Element } | null {
  if (text.length > LARGEST || !/^\s*(<\?xml|<!--|<[A-Za-z])/.test(text.slice(0, 200))) return null;
  try {
    if (XMLValidator.validate(text) !== true) return null;
    const document = RECORD.parse(parser.parse(text));
    const [name, value] = Object.entries(document).find(([key]) => !key.startsWith('?') && key !== '#text') ?? [];
    if (name === undefined) return null;
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return { name, root: elementOf(first) };
  } catch {
    return null;
  }
}

function elementOf(value: unknown): Element {
  const read = RECORD.safeParse(value);
  const entries = read.success ? Object.entries(read.data) : [];
  const attributes = entries.filter(([key]) => key.startsWith('@')).map(([key, one]) => [key.slice(1), String(one)]);
  const children = entries
    .filter(([key]) => !key.startsWith('@') && key !== '#text')
    .map(([key, list]) => [key, (Array.isArray(list) ? list : [list]).map(elementOf)]);
  return { attributes: Object.fromEntries(attributes), children: Object.fromEntries(children) };
}

/** All elements of a name, however deep. */
export function* all(element: Element, name: string): Generator<Element> {
  for (const [key, children] of Object.entries(element.children))
    for (const child of children) {
      if (key === name) yield child;
      yield* all(child, name);
    }
}
