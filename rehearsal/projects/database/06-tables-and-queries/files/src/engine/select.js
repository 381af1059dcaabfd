// SELECT: joins, groups, sorts and cuts rows, and says how it is going to.

import { fail } from '../errors.js';
import { startAggregate } from '../sql/aggregates.js';
import { compile } from '../sql/compile.js';
import { compareValues } from '../sql/values.js';
import { joinedRows, planLevels } from './planner.js';

/**
 * @typedef {object} SelectPlan
 * @property {string[]} columns
 * @property {string[]} steps for EXPLAIN
 * @property {() => unknown[][]} run
 */

/**
 * @param {import('./catalog.js').Catalog} catalog
 * @param {ReturnType<import('../sql/parse-select.js').parseSelect>} statement
 * @returns {SelectPlan}
 */
export function planSelect(catalog, statement) {
  const { levels, scope } = planLevels(catalog, statement.sources, statement.where);
  const groupColumns = statement.groupBy.map((column) => scope.resolve(column));
  const isGrouped = groupColumns.length > 0 || usesAggregates(statement);
  const outputScope = isGrouped ? scope.grouped(groupColumns) : scope;
  const outputs = compileOutputs(statement.items, outputScope);
  const order = statement.orderBy.map((key) => compileOrder(key, outputs, outputScope));

  const steps = levels.map(({ access }) => access.description);
  if (isGrouped) steps.push('AGGREGATE');
  if (order.length > 0) steps.push('SORT');

  return {
    columns: outputs.map(({ name }) => name),
    steps,
    run() {
      const rows = joinedRows(levels);
      const records = isGrouped ? groupRows(rows, groupColumns, outputScope.grouping.aggregates) : rowRecords(rows);
      return cut(sort(records, order), statement).map((record) => outputs.map((output) => output.of(record)));
    },
  };
}

function usesAggregates({ items, orderBy }) {
  const expressions = [...items.filter(({ kind }) => kind === 'one'), ...orderBy].map(({ expression }) => expression);
  const isAggregate = (expression) => expression.kind === 'aggregate' || expression.operands.some(isAggregate);
  return expressions.some(isAggregate);
}

function compileOutputs(items, scope) {
  return items.flatMap((item) => {
    if (item.kind === 'all') return allColumns(scope);
    const { expression, alias, text } = item;
    const { run } = compile(expression, scope);
    const name = alias ?? (expression.kind === 'column' ? expression.name : text);
    return [{ name, alias, of: ({ row, totals }) => run(row, totals) }];
  });
}

function allColumns(scope) {
  if (scope.columns.length === 0) fail('syntax', '* needs a table');
  if (scope.grouping !== null) fail('not_grouped', '* cannot be used with groups');
  return scope.columns.map(({ name, position }) => ({ name, alias: null, of: ({ row }) => row[position] }));
}

/** A plain name means an output column with this alias before it means a column of a table. */
function compileOrder({ expression, isDescending }, outputs, scope) {
  const isName = expression.kind === 'column' && expression.table === null;
  const output = isName ? outputs.find(({ alias }) => alias === expression.name) : undefined;
  if (output !== undefined) return { of: output.of, isDescending };
  const { run } = compile(expression, scope);
  return { of: ({ row, totals }) => run(row, totals), isDescending };
}

function* rowRecords(rows) {
  for (const row of rows) yield { row, totals: [] };
}

/** Each group is represented by its first row. Without GROUP BY there is one group, even of no rows. */
function groupRows(rows, groupColumns, aggregates) {
  const groups = new Map();
  const start = (row) => ({ row, totals: aggregates.map(startAggregate) });
  if (groupColumns.length === 0) groups.set('[]', start([]));
  for (const row of rows) {
    const key = JSON.stringify(groupColumns.map(({ position }) => row[position]));
    if (!groups.has(key)) groups.set(key, start(row));
    for (const total of groups.get(key).totals) total.add(row);
  }
  return groups.values();
}

function sort(records, order) {
  if (order.length === 0) return records;
  const keyed = Array.from(records, (record) => ({ record, keys: order.map((key) => key.of(record)) }));
  keyed.sort((a, b) => {
    for (const [i, { isDescending }] of order.entries()) {
      const difference = compareValues(a.keys[i], b.keys[i]);
      if (difference !== 0) return isDescending ? -difference : difference;
    }
    return 0;
  });
  return keyed.map(({ record }) => record);
}

/** Stops reading as soon as there is enough, which matters when nothing had to be sorted. */
function cut(records, { limit, offset }) {
  const kept = [];
  let seen = 0;
  if (limit === 0) return kept;
  for (const record of records) {
    seen += 1;
    if (seen > offset) kept.push(record);
    if (kept.length === limit) break;
  }
  return kept;
}
