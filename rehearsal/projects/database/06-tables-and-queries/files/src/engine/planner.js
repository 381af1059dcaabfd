// The planner: for each table of a query, which conditions its rows must meet.

import { fail } from '../errors.js';
import { compileCondition } from '../sql/compile.js';
import { Scope } from '../sql/scope.js';
import { scanTable } from './access.js';

/**
 * One table of a query. Its rows are added to the joined rows of the levels before it.
 * @typedef {object} Level
 * @property {import('./table.js').Table} table
 * @property {import('./access.js').Access} access
 * @property {((row: unknown[]) => unknown)[]} filters
 */

/**
 * An inner join may test a condition as soon as the tables it names are there, wherever it was written. So the
 * conditions of ON and WHERE are taken apart at their ANDs, and each goes to the first level that can test it.
 * @param {import('./catalog.js').Catalog} catalog
 * @param {import('../sql/parse-select.js').Source[]} sources
 * @param {import('../sql/parse-expression.js').Expression | null} where
 * @returns {{scope: Scope, levels: Level[]}}
 */
export function planLevels(catalog, sources, where) {
  const tables = sources.map(({ table }) => catalog.table(table));
  const aliases = new Set(sources.map(({ alias }) => alias));
  if (aliases.size < sources.length) fail('ambiguous_column', 'a table that is used twice needs an alias');
  const scope = Scope.of(sources.map(({ alias }, i) => ({ alias, columns: tables[i].definition.columns })));

  const terms = [
    ...sources.flatMap(({ on }, i) => splitAnd(on).map((term) => compileCondition(term, scope.upTo(i)))),
    ...splitAnd(where).map((term) => compileCondition(term, scope)),
  ];
  const levels = tables.map((table, level) => {
    const own = terms.filter((term) => Math.max(term.level, 0) === level);
    return { table, access: scanTable(table, sources[level].alias), filters: own.map((term) => term.run) };
  });
  return { scope, levels };
}

function splitAnd(condition) {
  if (condition === null) return [];
  const isAnd = condition.kind === 'binary' && condition.op === 'and';
  return isAnd ? condition.operands.flatMap(splitAnd) : [condition];
}

/**
 * @param {Level} level
 * @param {unknown[]} outer the joined values of the levels before it
 * @returns {Generator<{rowId: number, row: unknown[]}>} its rows that meet the conditions, joined to `outer`
 */
export function* matchingRows({ access, filters }, outer) {
  for (const { rowId, values } of access.rows(outer)) {
    const row = [...outer, ...values];
    if (filters.every((filter) => filter(row) === true)) yield { rowId, row };
  }
}

/**
 * @param {Level[]} levels
 * @param {unknown[]} [outer]
 * @returns {Generator<unknown[]>} the joined rows of all levels; without any level, one row without values
 */
export function* joinedRows(levels, outer = []) {
  if (levels.length === 0) {
    yield outer;
    return;
  }
  const [level, ...inner] = levels;
  for (const { row } of matchingRows(level, outer)) yield* joinedRows(inner, row);
}
