// Writes what people and programs read of a session: metrics while it runs, the final report at its end.
import { join } from 'node:path';
import { again } from '../host/again.ts';
import { FINAL_REPORT, finalReport } from '../report/final.ts';
import { reportMarkdown } from '../report/markdown.ts';
import { METRICS, metricsOf } from '../report/metrics.ts';
import { writeDurable } from '../store/durable.ts';
import { metricsName } from '../store/layout.ts';
import type { Judging } from './judging.ts';
import { ledgerOf } from './ledger-of.ts';
import type { SessionParts } from './parts.ts';
import { secretsOf, withoutSecrets } from './secrets.ts';

/** metrics_current.json is written no more often than this. */
const CURRENT_EVERY_MS = 1_000;

export class Reporting {
  readonly #parts: SessionParts;
  readonly #judging: Pick<Judging, 'result'>;
  /** Number of the next file of the history; null until the folder told which there are. */
  #next: number | null = null;
  #exportedMs = Number.NEGATIVE_INFINITY;
  #writtenMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SessionParts, judging: Pick<Judging, 'result'>) {
    this.#parts = parts;
    this.#judging = judging;
  }

  /** Writes metrics_current.json, and every so often the next file of the history. */
  metrics(sinceMs: number): void {
    const { config, layout, clock, session, project } = this.#parts;
    if (!config.monitoring.enabled || !config.monitoring.export_metrics) return;
    if (clock.nowMs() - this.#writtenMs < CURRENT_EVERY_MS) return;
    this.#writtenMs = clock.nowMs();
    const metrics = METRICS.parse(metricsOf(session(), sinceMs, new Date(clock.wallMs()).toISOString(), project.type));
    const text = `${JSON.stringify(metrics, null, 2)}\n`;
    this.#attempt(() => this.#write(layout.metricsCurrent, text));
    const intervalMs = Math.min(config.monitoring.metrics_export_interval * 1000, 2 * session().plan.heartbeatMs);
    if (clock.nowMs() - this.#exportedMs < intervalMs) return;
    this.#exportedMs = clock.nowMs();
    this.#attempt(() => this.#export(text));
  }

  #export(text: string): void {
    const { files, metrics } = this.#parts.layout;
    if (this.#next === null) {
      again(() => files.makeFolder(metrics));
      this.#next = again(() => files.list(metrics)).length + 1;
    }
    this.#write(join(metrics, metricsName(this.#next++)), text);
  }

  /** Writes final_report.json and report.md; answers with report-written even when the disk gives or takes nothing. */
  final(): void {
    this.#attempt(() => this.#final());
    this.#parts.post({ type: 'report-written' });
  }

  #final(): void {
    const { layout, session, clock, project, adapter, config, walls, rulesAtStart } = this.#parts;
    const report = finalReport({
      session: session(),
      ledger: ledgerOf(layout),
      judged: this.#judging.result,
      rulesAtStart,
      goals: config.project,
      project: {
        type: project.type,
        name: project.name,
        language: project.language,
        target_lines_of_code: project.lines_of_code,
      },
      agent: { kind: adapter.kind, version: adapter.version, model: config.agent.model ?? null },
      confinement: {
        level: walls.level,
        means: walls.means,
        reason: walls.reason,
        not_promised: [...walls.notPromised],
      },
      wall: new Date(clock.wallMs()).toISOString(),
    });
    const secrets = secretsOf(this.#parts);
    // Before it is written in any form: what escapes characters would hide a secret from the search.
    const clean = withoutSecrets(FINAL_REPORT.parse(report), secrets);
    this.#attempt(() => again(() => this.#write(layout.finalReport, `${JSON.stringify(clean, null, 2)}\n`)));
    this.#attempt(() => again(() => this.#write(layout.report, reportMarkdown(clean))));
    this.#attempt(() => again(() => this.#write(layout.metricsCurrent, `${JSON.stringify(clean.metrics, null, 2)}\n`)));
  }

  #write(path: string, text: string): void {
    writeDurable(path, text, { files: this.#parts.layout.files });
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#parts.log.error(`a report could not be written: ${(error as Error).message}`);
    }
  }
}
