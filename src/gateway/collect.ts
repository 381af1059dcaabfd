// An answer taken in whole, with a limit; readable even where it came compressed unasked.
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Answer } from './upstream.ts';

export interface Collected {
  readonly bytes: Buffer;
  /** Why it is not whole; null when it is. */
  readonly why: string | null;
  /** Decoded; nothing when it cannot be. */
  text(): string;
}

export async function collect(answer: Answer, mostBytes: number, onByte: () => void): Promise<Collected> {
  const chunks: Buffer[] = [];
  let size = 0;
  const why = await answer.follow((chunk) => {
    onByte();
    size += chunk.length;
    if (size <= mostBytes) chunks.push(chunk);
    else answer.hangUp();
    return null;
  });
  const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  const text = () => decoded(bytes, answer.headers['content-encoding'], mostBytes).toString('utf8');
  return { bytes, why: size > mostBytes ? `the answer is longer than ${mostBytes} bytes` : why, text };
}

function decoded(bytes: Buffer, encoding: string | undefined, maxOutputLength: number): Buffer {
  const decode = { gzip: gunzipSync, 'x-gzip': gunzipSync, deflate: inflateSync, br: brotliDecompressSync }[
    encoding?.trim().toLowerCase() ?? ''
  ];
  if (decode === undefined) return bytes;
  try {
    return decode(bytes, { maxOutputLength });
  } catch {
    return Buffer.alloc(0);
  }
}
