// How old the prices are by which cost is counted: said wherever a cost is shown, and warned of when it is long ago.

/** Prices of models change several times a year; after so long they are worth a look. */
const OLD_DAYS = 180;
const DAY_MS = 24 * 60 * 60_000;

export interface Priced {
  readonly name: string;
  readonly promptUsdPerMillion: number | null;
  readonly completionUsdPerMillion: number | null;
  /** 2026-05-01; null where the configuration does not say. */
  readonly priceDate: string | null;
}

/** "prices of 2026-05-01"; with a name for each where they differ. Null where no model has prices. */
export function pricesText(models: readonly Priced[]): string | null {
  const priced = models.filter(hasPrices);
  const dates = new Set(priced.map(({ priceDate }) => priceDate));
  if (priced.length === 0) return null;
  const [only] = dates;
  if (dates.size === 1) return only == null ? 'prices without a date' : `prices of ${only}`;
  return `prices: ${priced.map(({ name, priceDate }) => `${name} ${priceDate == null ? 'without a date' : `of ${priceDate}`}`).join(', ')}`;
}

/** One sentence when the prices of a model are from long ago; else null. */
export function oldPrices({ name, priceDate, ...row }: Priced, wallMs: number): string | null {
  if (priceDate === null || !hasPrices({ name, priceDate, ...row })) return null;
  const days = Math.floor((wallMs - Date.parse(priceDate)) / DAY_MS);
  if (days <= OLD_DAYS) return null;
  return `the prices of ${name} are of ${priceDate}, ${days} days ago; cost is counted by them: look them up, and set the date anew`;
}

function hasPrices({ promptUsdPerMillion, completionUsdPerMillion }: Priced): boolean {
  return promptUsdPerMillion !== null && completionUsdPerMillion !== null;
}
