// The planner: for each table of a query, how its rows are found and which conditions they must meet.

import { fail } from '../errors.js';
import { compile, compileCondition } from '../sql/compile.js';
import { Scope } from '../sql/scope.js';
import { chooseAccess } from './access.js';

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
    ...sources.flatMap(({ on }, i) => splitAnd(on).map((term) => readTerm(term, scope.upTo(i)))),
    ...splitAnd(where).map((term) => readTerm(term, scope)),
  ];
  const levels = tables.map((table, level) => {
    const own = terms.filter((term) => Math.max(term.level, 0) === level);
    const comparisons = own.flatMap((term) => term.comparisons.filter((comparison) => comparison.level === level));
    const access = chooseAccess(table, sources[level].alias, comparisons);
    return { table, access, filters: own.map((term) => term.run) };
  });
  return { scope, levels };
}

function splitAnd(condition) {
  if (condition === null) return [];
  const isAnd = condition.kind === 'binary' && condition.op === 'and';
  return isAnd ? condition.operands.flatMap(splitAnd) : [condition];
}

const MIRRORED = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/** A condition, and the comparisons in it of a column with what is known before its table is read. */
function readTerm(expression, scope) {
  const { level, run } = compileCondition(expression, scope);
  const comparisons = [];
  if (expression.kind === 'binary' && expression.op in MIRRORED) {
    const [left, right] = expression.operands;
    addComparison(comparisons, scope, left, expression.op, right);
    addComparison(comparisons, scope, right, MIRRORED[expression.op], left);
  }
  return { level, run, comparisons };
}

function addComparison(comparisons, scope, side, op, other) {
  if (side.kind !== 'column') return;
  const column = scope.resolve(side);
  const value = compile(other, scope);
  if (value.level >= column.level) return;
  comparisons.push({ level: column.level, column: column.name, position: column.position, op, value });
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
