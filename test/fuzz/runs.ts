// How often each property is tried: a few times in every test run, FUZZ_RUNS times in `npm run fuzz`.
import fc from 'fast-check';

const RUNS = Number(process.env.FUZZ_RUNS ?? 150);

/** `share`: a part of the runs, for properties that cost more. */
export function runs(share = 1): fc.Parameters<unknown> {
  return { numRuns: Math.max(20, Math.round(RUNS * share)) };
}

/** No input may keep us longer. */
export const LONGEST_MS = 1_000;

/** Fails when the work takes longer than that. */
export function inTime<T>(work: () => T): T {
  const began = performance.now();
  const result = work();
  const tookMs = performance.now() - began;
  if (tookMs > LONGEST_MS) throw new Error(`it took ${Math.round(tookMs)} ms`);
  return result;
}

/** A text with a few things done to it that disks, editors and attackers do to files. */
export function damaged(original: Buffer): fc.Arbitrary<Buffer> {
  const place = fc.nat({ max: Math.max(0, original.length - 1) });
  const change = fc.oneof(
    fc.record({ how: fc.constant('flip' as const), at: place, bit: fc.nat({ max: 7 }) }),
    fc.record({ how: fc.constant('cut' as const), at: place }),
    fc.record({ how: fc.constant('insert' as const), at: place, bytes: fc.uint8Array({ maxLength: 40 }) }),
    fc.record({ how: fc.constant('zero' as const), at: place, length: fc.nat({ max: 200 }) }),
    fc.record({ how: fc.constant('repeat' as const), at: place, length: fc.nat({ max: 400 }) }),
    fc.record({
      how: fc.constant('number' as const),
      nth: fc.nat({ max: 40 }),
      value: fc.constantFrom('-1', '1e309', '0.5', '99999999999999999999', 'null', '[]'),
    }),
  );
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => changes.reduce(apply, original));
}

type Change =
  | { readonly how: 'flip'; readonly at: number; readonly bit: number }
  | { readonly how: 'cut'; readonly at: number }
  | { readonly how: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly how: 'zero' | 'repeat'; readonly at: number; readonly length: number }
  | { readonly how: 'number'; readonly nth: number; readonly value: string };

function apply(bytes: Buffer, change: Change): Buffer {
  const now = Buffer.from(bytes);
  switch (change.how) {
    case 'flip':
      if (change.at < now.length) now.writeUInt8(now.readUInt8(change.at) ^ (1 << change.bit), change.at);
      return now;
    case 'cut':
      return now.subarray(0, change.at);
    case 'insert':
      return Buffer.concat([now.subarray(0, change.at), change.bytes, now.subarray(change.at)]);
    case 'zero':
      return now.fill(0, Math.min(change.at, now.length), Math.min(now.length, change.at + change.length));
    case 'repeat':
      return Buffer.concat([now.subarray(0, change.at + change.length), now.subarray(change.at)]);
    case 'number': {
      let seen = 0;
      return Buffer.from(
        now.toString('latin1').replace(/\d+(?:\.\d+)?/g, (found) => (seen++ === change.nth ? change.value : found)),
        'latin1',
      );
    }
  }
}
