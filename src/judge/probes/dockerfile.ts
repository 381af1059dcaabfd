// Reads a Dockerfile as far as the probes ask: instructions, stages, images.

export interface Instruction {
  /** In capitals. */
  readonly name: string;
  readonly rest: string;
}

/** Here-documents of a shell's redirection; `<<<` is none. */
const HERE_DOCUMENT = /(?:^|\s)\d*<<(-?)(["']?)(\w+)\2(?=\s|$)/g;

/** Instructions with their continued lines joined, without comments and here-documents. */
export function instructionsOf(text: string): readonly Instruction[] {
  const joined: string[] = [];
  const ends: { readonly word: string; readonly isIndented: boolean }[] = [];
  let open = '';
  for (const line of text.split(/\r?\n/)) {
    const end = ends[0];
    if (end !== undefined) {
      if ((end.isIndented ? line.replace(/^\t+/, '') : line) === end.word) ends.shift();
      continue;
    }
    if (/^\s*#/.test(line)) continue;
    const continues = /\\\s*$/.test(line);
    open += continues ? line.replace(/\\\s*$/, ' ') : line;
    if (continues) continue;
    if (open.trim() !== '') joined.push(open.trim());
    if (/^\s*(RUN|COPY|ADD)\s/i.test(open))
      for (const [, dash, , word = ''] of open.matchAll(HERE_DOCUMENT)) ends.push({ word, isIndented: dash === '-' });
    open = '';
  }
  if (open.trim() !== '') joined.push(open.trim());
  return joined.flatMap((line) => {
    const match = /^([A-Za-z]+)\s+(.*)$/s.exec(line);
    return match === null ? [] : [{ name: (match[1] ?? '').toUpperCase(), rest: (match[2] ?? '').trim() }];
  });
}

type Values = ReadonlyMap<string, string>;

/** Variables with their values or defaults put in; one that has neither stays as it is. */
export function filled(text: string, values: Values): string {
  return text.replace(
    /\$(?:(\w+)|\{(\w+)(?::?([-+])([^}\n]*))?\})/g,
    (whole, bare: string | undefined, braced = '', sign?: string, word = '') => {
      const value = values.get(bare ?? braced);
      if (sign === '-') return value || word;
      if (sign === '+') return value ? word : '';
      return value ?? whole;
    },
  );
}

export interface Stage {
  readonly image: string;
  readonly isOnEarlier: boolean;
  /** With those of the earlier stage it stands on before its own. */
  readonly instructions: readonly Instruction[];
}

interface OpenStage extends Stage {
  readonly instructions: Instruction[];
  readonly args: Map<string, string>;
  readonly env: Map<string, string>;
}

export function stagesOf(instructions: readonly Instruction[]): readonly Stage[] {
  const defaults = new Map<string, string>();
  const named = new Map<string, OpenStage>();
  const stages: OpenStage[] = [];
  for (const instruction of instructions) {
    const stage = stages.at(-1);
    if (instruction.name === 'FROM') {
      const words = filled(instruction.rest, defaults).split(/\s+/);
      const [image = '', as, name] = words.filter((word) => !word.startsWith('--'));
      const next = stageOn(image, named.get(image.toLowerCase()));
      stages.push(next);
      if (as?.toLowerCase() === 'as' && name !== undefined) named.set(name.toLowerCase(), next);
    } else if (stage !== undefined) add(stage, instruction, defaults);
    else if (instruction.name === 'ARG')
      for (const [key, value = ''] of pairsIn(filled(instruction.rest, defaults))) defaults.set(key, value);
  }
  return stages;
}

function stageOn(image: string, earlier: OpenStage | undefined): OpenStage {
  return {
    image,
    isOnEarlier: earlier !== undefined,
    instructions: [...(earlier?.instructions ?? [])],
    args: new Map(earlier?.args),
    env: new Map(earlier?.env),
  };
}

/** Only what is asked for its value is filled in: a CMD leaves that to its shell. */
function add({ instructions, args, env }: OpenStage, { name, rest }: Instruction, defaults: Values): void {
  const full = filled(rest, new Map([...args, ...env]));
  if (name === 'ARG') for (const [key, value] of pairsIn(full)) args.set(key, value ?? defaults.get(key) ?? '');
  if (name === 'ENV') for (const [key, value = ''] of pairsIn(full, true)) env.set(key, value);
  const isAsked = name === 'USER' || name === 'EXPOSE';
  instructions.push({ name, rest: isAsked ? full.replace(/["']/g, '').trim() : rest });
}

/** `A=1 B="2 3"`; a name alone has no value, but in an ENV it may be the old form `A 1`. */
function pairsIn(rest: string, isEnv = false): readonly (readonly [string, string | undefined])[] {
  const [, key, value] = (isEnv && /^(\w+)\s+(.*)$/s.exec(rest)) || [];
  if (key !== undefined) return [[key, value]];
  return [...rest.matchAll(/(?<=^|\s)(\w+)(?:=("[^"]*"|'[^']*'|\S*))?(?=\s|$)/g)].map(([, name = '', text]) => [
    name,
    text?.replace(/^["']|["']$/g, ''),
  ]);
}

/** What is wrong with the images; a stage may stand on an earlier one. */
export function loosePins(stages: readonly Stage[]): readonly string[] {
  return stages.flatMap(({ image, isOnEarlier }) => {
    if (isOnEarlier || image === 'scratch' || /@sha256:[0-9a-f]{64}$/.test(image)) return [];
    const tag = /:([\w][\w.-]*)$/.exec(image)?.[1];
    return tag === undefined || tag === 'latest' ? [`FROM ${image} names no fixed tag`] : [];
  });
}
