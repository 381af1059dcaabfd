// Which prices a cost is counted by is said, and prices that are long out of date are warned of.
import { expect, test } from 'vitest';
import { oldPrices, pricesText } from '../../src/config/prices.ts';
import { costText, reportMarkdown } from '../../src/report/markdown.ts';
import { lastOf, reportOf } from '../report/stories.ts';
import { CoreWorld, PLAN } from '../support/core-world.ts';
import { complaint, load } from './loading.ts';

const row = (name: string, priceDate: string | null) => ({
  name,
  model: name,
  promptUsdPerMillion: 1,
  completionUsdPerMillion: 2,
  priceDate,
});
const FREE = { ...row('local', null), promptUsdPerMillion: null, completionUsdPerMillion: null };

test('the day is told once where it is the same for all, else for each; models without prices are left out', () => {
  expect(pricesText([FREE])).toBeNull();
  expect(pricesText([row('a', '2026-05-01'), FREE, row('b', '2026-05-01')])).toBe('prices of 2026-05-01');
  expect(pricesText([row('a', null)])).toBe('prices without a date');
  expect(pricesText([row('a', '2026-05-01'), row('b', null)])).toBe('prices: a of 2026-05-01, b without a date');
});

test('prices are old from the 181st day on', () => {
  const on = (day: string) => oldPrices(row('a', '2026-01-01'), Date.parse(day));
  expect(on('2026-06-30')).toBeNull();
  expect(on('2026-07-01')).toContain('the prices of a are of 2026-01-01, 181 days ago');
  expect(oldPrices({ ...FREE, priceDate: '2001-01-01' }, Date.now())).toBeNull();
});

const CHAIN = (date: string) => `[[models]]
endpoint = "http://127.0.0.1:1/v1"
model = "m"
prompt_usd_per_million = 1
completion_usd_per_million = 1
price_date = ${date}
`;

test('loading a configuration with old prices warns at their place', async () => {
  const { warnings } = await load(CHAIN('"2001-01-01"'));
  expect(warnings).toMatchObject([{ key: 'models.0.price_date', place: { is: 'file', spot: { line: 6 } } }]);
  const today = new Date().toISOString().slice(0, 10);
  expect((await load(CHAIN(`"${today}"`))).warnings).toEqual([]);
});

test.each(['"soon"', '"2026-13-01"', '2026-05-01'])('%s is no day, and what one looks like is said', async (date) => {
  expect(await complaint(CHAIN(date))).toMatch(/price_date: must be a (day|text) in quotes/);
});

test('the report names the day beside the cost', () => {
  const moment = lastOf(new CoreWorld());
  const plan = { ...PLAN, metered: true, models: [row('a', '2026-05-01')] };
  const session = { ...moment.session, plan, usage: { ...moment.session.usage, modelCalls: 2, costUsd: 1.234 } };
  const report = reportOf({ ...moment, session });
  expect(report.models).toEqual([{ name: 'a', model: 'a', price_date: '2026-05-01' }]);
  expect(reportMarkdown(report)).toContain('| cost | 1.23 USD (prices of 2026-05-01) |');
  expect(costText({ ...report.metrics, cost_usd: null, cost_reason: 'no call was made' }, null)).toBe(
    'unknown (no call was made)',
  );
});
