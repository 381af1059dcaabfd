// Reads a Dockerfile as far as the probes ask: instructions, stages, images.

export interface Instruction {
  /** In capitals. */
  readonly name: string;
  readonly rest: string;
}

/** Instructions with their continued lines joined, without comments and here-documents. */
export function instructionsOf(text: string): readonly Instruction[] {
  const joined: string[] = [];
  let open = '';
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*#/.test(line)) continue;
    const continues = /\\\s*$/.test(line);
    open += continues ? line.replace(/\\\s*$/, ' ') : line;
    if (continues) continue;
    if (open.trim() !== '') joined.push(open.trim());
    open = '';
  }
  if (open.trim() !== '') joined.push(open.trim());
  return joined.flatMap((line) => {
    const match = /^([A-Za-z]+)\s+(.*)$/s.exec(line);
    return match === null ? [] : [{ name: (match[1] ?? '').toUpperCase(), rest: (match[2] ?? '').trim() }];
  });
}

export interface Stage {
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

export interface Stages {
  /** ARG before the first FROM, with their defaults. */
  readonly defaults: ReadonlyMap<string, string>;
  readonly stages: readonly Stage[];
}

export function stagesOf(instructions: readonly Instruction[]): Stages {
  const defaults = new Map<string, string>();
  const stages: { image: string; instructions: Instruction[] }[] = [];
  for (const { name, rest } of instructions) {
    const [, key, value] = /^(\w+)=(.*)$/.exec(rest) ?? [];
    if (name === 'FROM') stages.push({ image: rest, instructions: [] });
    else if (stages.length > 0) stages.at(-1)?.instructions.push({ name, rest });
    else if (name === 'ARG' && key !== undefined) defaults.set(key, (value ?? '').replace(/^["']|["']$/g, ''));
  }
  return { defaults, stages };
}

/** What is wrong with the images; a stage may stand on an earlier one. */
export function loosePins({ defaults, stages }: Stages): readonly string[] {
  const names = new Set<string>(['scratch']);
  return stages.flatMap(({ image: words }) => {
    const [image = '', as, name] = words
      .replace(/\$\{?(\w+)\}?/g, (whole, key: string) => defaults.get(key) ?? whole)
      .split(/\s+/)
      .filter((word) => !word.startsWith('--'));
    const known = names.has(image);
    if (as?.toLowerCase() === 'as' && name !== undefined) names.add(name);
    if (known || /@sha256:[0-9a-f]{64}$/.test(image)) return [];
    const tag = /:([\w][\w.-]*)$/.exec(image)?.[1];
    return tag === undefined || tag === 'latest' ? [`FROM ${image} names no fixed tag`] : [];
  });
}
