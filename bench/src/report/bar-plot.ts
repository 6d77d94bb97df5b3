import type { ComparisonResult, ContestantResult } from '../harness/contest.js';
import type { Metric } from '../harness/metrics.js';
import { type Html, html } from './html.js';
import { barScale, type Scale } from './scale.js';
import { formatLimit, formatValue, verdictOf } from './values.js';

/** The medians of each metric as bars, ours first, with a whisker from the least to the most. */
export function barPlot(result: ComparisonResult): Html {
  const measured = result.metrics.filter(({ key }) =>
    result.contestants.some(({ summaries }) => summaries[key] !== undefined),
  );
  return html`<table class="bars">
${measured.map((metric) => metricRows(result, metric))}</table>
`;
}

function metricRows({ contestants, targets }: ComparisonResult, metric: Metric): Html {
  const target = targets.find((one) => one.metric === metric.key && one.against === undefined);
  const present = contestants.filter(({ summaries }) => summaries[metric.key] !== undefined);
  const most = present.map(({ summaries }) => summaries[metric.key]?.max ?? 0);
  const scale = barScale([...most, ...(target ? [target.limit] : [])], WIDTH);
  const rows = present.map((contestant) => {
    const summary = contestant.summaries[metric.key];
    if (summary === undefined) return html``;
    const { median, min, max } = summary;
    const [shown, least, largest] = [median, min, max].map((value) => formatValue(value, metric.unit));
    const limit = contestant.ours ? target : undefined;
    const verdict = limit && verdictOf(limit);
    const told = limit && html`; ${formatLimit(limit, metric)} <b class="${verdict}">${verdict}</b>`;
    return html`<tr><th>${contestant.name}</th><td>${bar(contestant, metric.key, scale, limit?.limit)}</td>
<td><b>${shown}</b> (${least} to ${largest})${told}</td></tr>
`;
  });
  return html`<tbody><tr><th colspan="3" class="metric">${metric.label}</th></tr>
${rows}</tbody>
`;
}

function bar({ ours, summaries }: ContestantResult, key: string, { at }: Scale, limit?: number): Html {
  const { median = 0, min = 0, max = 0 } = summaries[key] ?? {};
  const middle = HEIGHT / 2;
  const target =
    limit === undefined
      ? undefined
      : html`<line class="limit" x1="${at(limit)}" x2="${at(limit)}" y1="0" y2="${HEIGHT}"/>`;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" aria-hidden="true"><rect class="${ours ? 'ours' : 'peer'}" y="2" width="${at(median)}" height="${HEIGHT - 4}"/><line class="spread" x1="${at(min)}" x2="${at(max)}" y1="${middle}" y2="${middle}"/>${target}</svg>`;
}

const WIDTH = 360;
const HEIGHT = 14;
