import type { Machine } from '../harness/machine.js';
import type { ScenarioResult } from '../harness/run.js';
import { formatSize } from '../sizes.js';
import { anchorOf, comparisonSection } from './comparison-section.js';
import { Html, html } from './html.js';
import type { Report } from './report.js';
import { STYLE } from './style.js';
import { formatLimit, formatTargetValue, verdictOf } from './values.js';

/** The report as a page of its own: no script, no other file. */
export function pageOf(report: Report): string {
  const { startedAt, settings, machine, scenarios } = report;
  const when = startedAt.replace('T', ' ').replace(/\..*/, ' UTC');
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>blockferry benchmarks, ${when}</title><style>
${STYLE_SHEET}
</style></head><body>
<h1>blockferry benchmarks</h1>
<p>${when}; ${formatSize(settings.size)}, ${settings.runs} runs in turn after a warm-up. A ratio is ours / peer of two runs next to each
other: less is better unless said otherwise, and 1 is as much. A dot is a pair of runs, the bold line their median, the
dashed one the target. A bar is a median, the line in it reaches from the least to the most.</p>
${machineTable(machine)}
${targetsTable(scenarios)}
${scenarios.map(scenarioSection)}</body></html>
`;
  return page.text;
}

function scenarioSection({ name, summary, note, comparisons }: ScenarioResult): Html {
  return html`<h2 id="${name}">${name}: ${summary}</h2>
${
  note &&
  html`<p>${note}</p>
`
}${comparisons.map((comparison) => comparisonSection(name, comparison))}`;
}

function machineTable({ cpu, cores, memory, kernel, fileSystem, versions }: Machine): Html {
  const rows = Object.entries({
    machine: `${cpu}, ${cores} cores, ${formatSize(memory)}`,
    kernel,
    data: fileSystem,
    ...versions,
  }).map(
    ([what, value]) => html`<tr><th>${what}</th><td>${value}</td></tr>
`,
  );
  return html`<table>
${rows}</table>`;
}

/** All targets in one place, for whoever looks no further. */
function targetsTable(scenarios: readonly ScenarioResult[]): Html | undefined {
  const rows = scenarios.flatMap(({ name, comparisons }) =>
    comparisons.flatMap((comparison) =>
      comparison.targets.flatMap((target) => {
        const metric = comparison.metrics.find(({ key }) => key === target.metric);
        if (metric === undefined) return [];
        const verdict = verdictOf(target);
        const against = target.against === undefined ? '' : ` / ${target.against}`;
        return html`<tr><td><a href="#${anchorOf(name, comparison)}">${name}: ${comparison.title}</a></td><td>${metric.label}${against}</td>
<td>${formatLimit(target, metric)}</td><td>${formatTargetValue(target, metric)}</td><td><b class="${verdict}">${verdict}</b></td></tr>
`;
      }),
    ),
  );
  if (rows.length === 0) return undefined;
  return html`<h2>Targets</h2>
<table>
${rows}</table>`;
}

/** Has nothing that is to be escaped. */
const STYLE_SHEET = new Html(STYLE);
