// INSERT, UPDATE and DELETE: each returns the number of rows it changed.

import { fail } from '../errors.js';
import { compile } from '../sql/compile.js';
import { Scope } from '../sql/scope.js';
import { checkStorable } from '../sql/values.js';
import { matchingRows, planLevels } from './planner.js';

const NO_COLUMNS = new Scope([]);

/**
 * @param {import('./catalog.js').Catalog} catalog
 * @param {{table: string, columns: string[] | null, rows: object[][]}} statement
 * @returns {number}
 */
export function insertRows(catalog, { table: name, columns, rows }) {
  const table = catalog.table(name);
  const all = table.definition.columns;
  const positions = columns?.map((column) => table.position(column)) ?? all.map((column, i) => i);
  if (new Set(positions).size < positions.length) fail('syntax', 'a column is named twice');
  for (const expressions of rows) {
    if (expressions.length !== positions.length) {
      fail('syntax', `expected ${positions.length} values, found ${expressions.length}`);
    }
    const values = all.map(() => null);
    expressions.forEach((expression, i) => {
      values[positions[i]] = compileFor(all[positions[i]], expression, NO_COLUMNS)([]);
    });
    table.insert(values);
  }
  return rows.length;
}

/**
 * @param {import('./catalog.js').Catalog} catalog
 * @param {{table: string, assignments: {column: string, value: object}[], where: object | null}} statement
 * @returns {number}
 */
export function updateRows(catalog, { table: name, assignments, where }) {
  const { scope, level } = planTarget(catalog, name, where);
  const { table } = level;
  const setters = assignments.map(({ column, value }) => {
    const position = table.position(column);
    return { position, run: compileFor(table.definition.columns[position], value, scope) };
  });
  const changes = Array.from(matchingRows(level, []), ({ rowId, row }) => {
    const values = [...row];
    for (const { position, run } of setters) values[position] = run(row);
    return { before: { rowId, values: row }, after: { rowId, values } };
  });
  table.update(changes);
  return changes.length;
}

/**
 * @param {import('./catalog.js').Catalog} catalog
 * @param {{table: string, where: object | null}} statement
 * @returns {number}
 */
export function deleteRows(catalog, { table: name, where }) {
  const { level } = planTarget(catalog, name, where);
  const rows = Array.from(matchingRows(level, []), ({ rowId, row }) => ({ rowId, values: row }));
  level.table.delete(rows);
  return rows.length;
}

/**
 * @param {import('./catalog.js').Catalog} catalog
 * @param {string} table
 * @param {object | null} where
 * @returns {{scope: Scope, level: import('./planner.js').Level}} how the rows to be changed are found
 */
export function planTarget(catalog, table, where) {
  const { scope, levels } = planLevels(catalog, [{ table, alias: table, on: null }], where);
  return { scope, level: levels[0] };
}

function compileFor(column, expression, scope) {
  const { type, run } = compile(expression, scope);
  checkStorable(column, type);
  return run;
}
