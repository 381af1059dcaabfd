// The success criteria of phases, which are prose: small named rules for what can be measured, and for the rest why not.

import { percent } from '../text/percent.ts';
import { bugsOf, type Facts, reasonOf, resultsOf, shareOf, verdictOf } from './facts.ts';
import { type GateName, type GateVerdict, worstOf } from './gate.ts';
import type { ProbeResult } from './probes/words.ts';

/** What is known at the end of a phase. */
export interface PhaseFacts extends Pick<Facts, 'gates'> {
  /** Paths in the snapshot; null when nobody looked. */
  readonly files: readonly string[] | null;
  /** The checkpoint that was restored to be judged; null: none was. */
  readonly checkpoint: number | null;
  /** Null: the program was not asked from outside. */
  readonly probes: readonly ProbeResult[] | null;
}

export interface PhaseJudgement {
  readonly text: string;
  readonly verdict: GateVerdict;
  readonly evidence: string;
}

type Said = Omit<PhaseJudgement, 'text'>;

interface Rule {
  readonly name: string;
  /** What the criterion says, in any words around it. */
  readonly says: RegExp;
  readonly gates: readonly GateName[];
  readonly judge: (facts: PhaseFacts, match: RegExpExecArray) => Said;
}

const SHARE = String.raw`[^\d]*(\d{1,3}(?:\.\d+)?)\s*%`;

/** The first rule that fits decides; what none fits is not measured. */
export const PHASE_RULES: readonly Rule[] = [
  {
    name: 'documentation',
    says: new RegExp(`\\bdoc(?:s|umentation)?\\b${SHARE}`, 'i'),
    gates: ['build', 'docs'],
    judge: (facts, match) => reaches(facts, 'docs', Number(match[1]), 'of what is public is documented'),
  },
  {
    name: 'coverage',
    says: new RegExp(`\\bcoverage\\b${SHARE}`, 'i'),
    gates: ['build', 'test', 'coverage'],
    judge: (facts, match) => reaches(facts, 'coverage', Number(match[1]), 'of the lines are covered'),
  },
  {
    name: 'some tests',
    says: /\b(integration|end-to-end|e2e|acceptance|performance|load)\b.*\btests?\b/i,
    gates: ['build', 'test'],
    judge: (facts, match) =>
      open(`which of the tests are ${match[1]} tests cannot be told; ${reasonOf(facts, 'test')}`),
  },
  {
    name: 'all tests',
    says: /\btests?\b.*\b(pass|passing|green|succeed)/i,
    gates: ['build', 'test'],
    judge: (facts) => asGates(facts, ['build', 'test']),
  },
  { name: 'compiles', says: /\bcompil|\bbuilds?\b/i, gates: ['build'], judge: (facts) => asGates(facts, ['build']) },
  {
    name: 'security',
    says: /\bsecurity\b/i,
    gates: ['secrets', 'security'],
    judge: (facts) => asGates(facts, ['secrets', 'security']),
  },
  {
    name: 'bugs',
    says: /\b(critical|high|medium)\b.*\bbugs?\b/i,
    gates: ['secrets', 'build', 'test', 'security'],
    judge: (facts, match) => noBugs(facts, match[0]),
  },
  {
    name: 'lint',
    says: /\blint|\bwarnings?\b/i,
    gates: ['build', 'lint'],
    judge: (facts) => asGates(facts, ['lint']),
  },
  {
    name: 'checkpoint',
    says: /\bcheckpoint\b.*\b(validat|restor|verif)/i,
    gates: [],
    judge: ({ checkpoint }) =>
      checkpoint === null
        ? open('no checkpoint was restored')
        : passed(`checkpoint ${checkpoint} was restored and judged`),
  },
  {
    name: 'architecture document',
    says: /\barchitecture\b.*\bdocument/i,
    gates: [],
    judge: (facts) =>
      hasFile(facts, /(^|\/)architecture[^/]*\.(md|rst|adoc|txt)$/i, 'whether it is complete cannot be measured'),
  },
  {
    name: 'pipeline',
    says: /\b(CI|pipeline)\b/,
    gates: [],
    judge: (facts) =>
      hasFile(
        facts,
        /^(\.github\/workflows\/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.circleci\/config\.yml)$/,
        'it runs elsewhere',
      ),
  },
  {
    name: 'components',
    says: /\bfeatures?\b.*\b(functional|work)/i,
    gates: [],
    judge: ({ probes }) =>
      probes === null
        ? open('the built program is asked from outside only at the session’s end')
        : { verdict: worstOf(probes.map(({ verdict }) => verdict)), evidence: components(probes) },
  },
  {
    name: 'performance',
    says: /\bperformance\b/i,
    gates: [],
    judge: () => open('times are compared with their targets at the session’s end, on a machine at rest'),
  },
];

/** The gates that these criteria are measured by. */
export function gatesOfCriteria(texts: readonly string[]): readonly GateName[] {
  return [...new Set(texts.flatMap((text) => ruleOf(text)?.rule.gates ?? []))];
}

export function judgePhaseCriteria(texts: readonly string[], facts: PhaseFacts): readonly PhaseJudgement[] {
  return texts.map((text) => {
    const found = ruleOf(text);
    if (found === null) return { text, ...open('no rule of the judge measures this') };
    const { verdict, evidence } = found.rule.judge(facts, found.match);
    return { text, verdict, evidence: evidence.slice(0, LONGEST) };
  });
}

const LONGEST = 300;

function ruleOf(text: string): { readonly rule: Rule; readonly match: RegExpExecArray } | null {
  for (const rule of PHASE_RULES) {
    const match = rule.says.exec(text);
    if (match !== null) return { rule, match };
  }
  return null;
}

function passed(evidence: string): Said {
  return { verdict: 'passed', evidence };
}

function open(evidence: string): Said {
  return { verdict: 'inconclusive', evidence };
}

function asGates(facts: PhaseFacts, names: readonly GateName[]): Said {
  const asked = names.filter((name) => (resultsOf(facts, name) ?? []).length > 0);
  const verdict = worstOf(asked.map((name) => verdictOf(facts, name)));
  const decides = asked.filter((name) => verdictOf(facts, name) === verdict);
  return { verdict, evidence: decides.map((name) => reasonOf(facts, name)).join('; ') || 'no gate was asked' };
}

/** The criterion's own number, whatever the gate is to reach. */
function reaches(facts: PhaseFacts, gate: 'coverage' | 'docs', least: number, of: string): Said {
  const share = shareOf(facts, gate);
  if (share.value === null) return open(share.why);
  // 0.07 * 100 is a hair more than 7: shares are compared as they are shown, never rounded up.
  const met = Number((share.value * 100).toPrecision(12)) >= least;
  return { verdict: met ? 'passed' : 'failed', evidence: `${percent(share.value)} ${of}` };
}

function noBugs(facts: PhaseFacts, text: string): Said {
  const severities = (['critical', 'high', 'medium'] as const).filter((one) => new RegExp(one, 'i').test(text));
  const counts = severities.map((severity) => ({
    severity,
    count: bugsOf({ gates: facts.gates, probes: facts.probes ?? [] }, severity),
  }));
  const said = counts.map(({ severity, count }) => `${count} ${severity} open`).join(', ');
  if (counts.some(({ count }) => count > 0)) return { verdict: 'failed', evidence: said };
  const unsure = (['build', 'test'] as const).find((gate) => verdictOf(facts, gate) === 'inconclusive');
  if (unsure !== undefined) return open(reasonOf(facts, unsure));
  return passed(facts.probes === null ? `${said}; the built program itself was not asked yet` : said);
}

/** That a file is missing can be seen; what is in it is for people. */
function hasFile({ files }: PhaseFacts, name: RegExp, why: string): Said {
  if (files === null) return open('its files were not looked at');
  const found = files.find((path) => name.test(path));
  return found === undefined
    ? { verdict: 'failed', evidence: 'there is no such file' }
    : open(`${found} is there; ${why}`);
}

function components(probes: readonly ProbeResult[]): string {
  const works = probes.filter(({ verdict }) => verdict === 'passed').length;
  return `${works} of ${probes.length} components keep their promises`;
}
