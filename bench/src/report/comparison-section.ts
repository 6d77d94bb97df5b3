import type { ComparisonResult } from '../harness/contest.js';
import { barPlot } from './bar-plot.js';
import { type Html, html } from './html.js';
import { ratioPlot } from './ratio-plot.js';

/** A comparison: what went wrong, what is missing, the ratios and the medians. */
export function comparisonSection(scenario: string, result: ComparisonResult): Html {
  const missing = result.contestants.flatMap(({ name, missing: what }) =>
    what === undefined
      ? []
      : html`<p>${name} did not take part. Missing: ${what}</p>
`,
  );
  const failure =
    result.failure &&
    html`<p class="failed">Failed: ${result.failure}</p>
`;
  return html`<h3 id="${anchorOf(scenario, result)}">${result.title} <small><code>${result.name}</code></small></h3>
${failure}${missing}<div class="plots">
${ratioPlot(result)}${barPlot(result)}</div>
`;
}

/** The comparison's place in the page. */
export function anchorOf(scenario: string, { name }: ComparisonResult): string {
  return `${scenario}-${name}`.replace(/[^\w-]+/g, '-');
}
