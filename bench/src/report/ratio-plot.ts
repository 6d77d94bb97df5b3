import type { ComparisonResult, RatioResult } from '../harness/contest.js';
import { type Html, html } from './html.js';
import { isShown, ratioScale, type Scale } from './scale.js';
import { formatLimit, formatRatio, verdictOf } from './values.js';

/** A row for each metric and peer: a dot for each pair of runs, the median, the target; or nothing to compare. */
export function ratioPlot(result: ComparisonResult): Html | undefined {
  const { ratios, targets, metrics } = result;
  if (ratios.length === 0) return undefined;
  const limits = targets.flatMap(({ against, limit }) => (against === undefined ? [] : limit));
  const scale = ratioScale([...ratios.flatMap(({ values }) => values), ...limits], WIDTH);
  const rows = metrics.flatMap((metric) =>
    ratios
      .filter((ratio) => ratio.metric === metric.key)
      .map((ratio) => {
        const target = targets.find(
          (one) => one.metric === ratio.metric && one.against === ratio.against && one.value !== undefined,
        );
        const verdict = target && verdictOf(target);
        const label = `${metric.label} / ${ratio.against}${metric.better === 'more' ? ' (more is better)' : ''}`;
        return html`<tr><th>${label}</th><td>${row(ratio, scale, target?.limit)}</td>
<td><b>${formatRatio(ratio.median)}</b> (${formatRatio(ratio.min)} to ${formatRatio(ratio.max)})</td>
<td>${target && formatLimit(target, metric)} ${verdict && html`<b class="${verdict}">${verdict}</b>`}</td></tr>
`;
      }),
  );
  return html`<table class="ratios"><thead><tr><th>ratio</th><td></td><th>median (least to most)</th><th>target</th></tr></thead>
<tbody>
${rows}</tbody><tfoot><tr><th></th><td>${axis(scale)}</td><td></td><td></td></tr></tfoot></table>
`;
}

function row(ratio: RatioResult, scale: Scale, limit: number | undefined): Html {
  const dots = ratio.values
    .filter(isShown)
    .map((value) => html`<circle cx="${scale.at(value)}" cy="${HEIGHT / 2}" r="4"/>`);
  const median = isShown(ratio.median) ? vertical(scale.at(ratio.median), 'median', 2) : undefined;
  const target = limit === undefined ? undefined : vertical(scale.at(limit), 'limit');
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" aria-hidden="true">${vertical(scale.at(1), 'one')}${target}${dots}${median}</svg>`;
}

function axis({ at, ticks }: Scale): Html {
  const names = ticks.map((tick) => html`<text x="${at(tick)}" y="13">${tick}</text>`);
  return html`<svg viewBox="0 0 ${WIDTH} 16" width="${WIDTH}" height="16" aria-hidden="true">${names}</svg>`;
}

function vertical(x: number, name: string, inset = 0): Html {
  return html`<line class="${name}" x1="${x}" x2="${x}" y1="${inset}" y2="${HEIGHT - inset}"/>`;
}

const WIDTH = 360;
const HEIGHT = 22;
