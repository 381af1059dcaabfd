// From single checks to one line a component: a broken promise fails it, and is one critical finding.
import { cleaned } from '../../text/clean.ts';
import { type Finding, type GateVerdict, worstOf } from '../gate.ts';
import type { Checked, ProbeResult } from './words.ts';

export interface Named {
  readonly id: string;
  readonly name: string;
}

/** What was seen of a program. */
export interface Seen {
  /** Why nothing that needs the running program could be asked. */
  readonly startFailure: { readonly verdict: GateVerdict; readonly reason: string } | null;
  readonly checked: readonly Checked[];
  /** About how it is started. */
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

export const NOTHING: Seen = { startFailure: null, checked: [], findings: [], notes: [] };

/** What is said of each component where none could be asked. */
export function unknownLines(components: readonly Named[], reason: string): readonly ProbeResult[] {
  return components.map((one) => line(one, 'inconclusive', { reason }));
}

/** In the order of the components. What is wrong with the start is a finding once, with the first of them. */
export function linesOf(components: readonly Named[], seen: Seen): readonly ProbeResult[] {
  const { startFailure } = seen;
  const lines = components.map((component) => lineOf(component, seen));
  const general = [...seen.findings];
  if (startFailure?.verdict === 'failed' && general.every(({ severity }) => severity !== 'critical'))
    general.unshift(critical(startFailure.reason));
  return lines.map((one, index) => (index === 0 ? { ...one, findings: [...general, ...one.findings] } : one));
}

function lineOf(component: Named, { startFailure, checked, notes }: Seen): ProbeResult {
  const own = checked.filter((one) => one.component === component.id);
  if (own.length === 0)
    return startFailure === null
      ? line(component, 'inconclusive', { reason: 'nothing of it is checked from outside', notes })
      : line(component, startFailure.verdict, { reason: startFailure.reason, notes });
  const verdict = worstOf(own.map((one) => one.verdict));
  const deciding = own.filter((one) => one.verdict === verdict);
  const [first] = deciding;
  const reason =
    verdict === 'passed' || first === undefined
      ? `${own.length} of ${own.length} checks passed`
      : `${said(first)}${deciding.length > 1 ? ` (and ${deciding.length - 1} more)` : ''}`;
  const findings = verdict === 'failed' ? [critical(`${component.name}: ${reason}`)] : [];
  const evidence = own.map((one) => cleaned(`${one.verdict}: ${said(one)}`, 300));
  return line(component, verdict, { reason, evidence, findings, notes });
}

function said({ name, text }: Checked): string {
  return text === '' ? name : `${name}: ${text}`;
}

function critical(text: string): Finding {
  return { severity: 'critical', text: cleaned(text, 250), file: null, line: null };
}

function line({ id, name }: Named, verdict: GateVerdict, more: Partial<ProbeResult>): ProbeResult {
  const { reason = '', evidence = [], findings = [], notes = [] } = more;
  return { component: id, name, verdict, reason: cleaned(reason, 300), evidence, findings, notes };
}
