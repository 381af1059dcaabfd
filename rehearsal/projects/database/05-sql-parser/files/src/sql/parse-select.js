// Parses SELECT, from its output columns to its LIMIT.

import { fail } from '../errors.js';
import { parseExpression } from './parse-expression.js';

/**
 * @typedef {object} Source a table a query reads from
 * @property {string} table
 * @property {string} alias the name its columns are known by in the query
 * @property {import('./parse-expression.js').Expression | null} on the condition of its join
 */

/**
 * Called when SELECT itself has been read.
 * @param {import('./token-reader.js').TokenReader} reader
 * @returns {{kind: 'select', items: object[], sources: Source[], where: object | null, groupBy: object[],
 *   orderBy: object[], limit: number, offset: number}}
 */
export function parseSelect(reader) {
  const items = reader.list(() => parseItem(reader));
  const sources = parseSources(reader);
  return {
    kind: 'select',
    items,
    sources,
    where: sources.length > 0 ? parseWhere(reader) : null,
    groupBy: parseBy(reader, 'group', () => parseGroupColumn(reader)),
    orderBy: parseBy(reader, 'order', () => parseOrder(reader)),
    limit: parseCount(reader, 'limit', Infinity),
    offset: parseCount(reader, 'offset', 0),
  };
}

/**
 * @param {import('./token-reader.js').TokenReader} reader
 * @returns {import('./parse-expression.js').Expression | null}
 */
export function parseWhere(reader) {
  return reader.accept('where') ? parseExpression(reader) : null;
}

function parseItem(reader) {
  if (reader.accept('*')) return { kind: 'all' };
  const { start } = reader.next;
  const expression = parseExpression(reader);
  const text = reader.sql.slice(start, reader.lastEnd);
  return { kind: 'one', expression, alias: parseAlias(reader), text };
}

function parseAlias(reader) {
  return reader.accept('as') || reader.seesName() ? reader.name('an alias') : null;
}

function parseSources(reader) {
  if (!reader.accept('from')) return [];
  const sources = [{ ...parseTable(reader), on: null }];
  while (reader.sees('inner', 'join')) {
    reader.accept('inner');
    reader.expect('join');
    const table = parseTable(reader);
    reader.expect('on');
    sources.push({ ...table, on: parseExpression(reader) });
  }
  return sources;
}

function parseTable(reader) {
  const table = reader.name('a table');
  return { table, alias: parseAlias(reader) ?? table };
}

function parseBy(reader, keyword, readPart) {
  if (!reader.accept(keyword)) return [];
  reader.expect('by');
  return reader.list(readPart);
}

function parseGroupColumn(reader) {
  const expression = parseExpression(reader);
  if (expression.kind !== 'column') fail('syntax', 'GROUP BY takes columns');
  return expression;
}

function parseOrder(reader) {
  const expression = parseExpression(reader);
  return { expression, isDescending: reader.accept('asc', 'desc') === 'desc' };
}

function parseCount(reader, keyword, otherwise) {
  if (!reader.accept(keyword)) return otherwise;
  if (!/^\d+$/.test(reader.next.value) || reader.next.kind !== 'number') reader.refuse('expected a whole number');
  return Number(reader.take().value);
}
