import type { ComparisonResult, ContestantResult } from '../harness/contest.js';
import { formatSize } from '../sizes.js';
import type { Report } from './report.js';
import { formatLimit, formatRatio, formatTargetValue, formatValue, verdictOf } from './values.js';

/** The report as tables in Markdown, aligned for a terminal. */
export function tableOf({ machine, settings, scenarios }: Report): string {
  const head = [
    `${machine.cpu}, ${machine.cores} cores, ${formatSize(machine.memory)}, ${machine.kernel}, ${machine.fileSystem}`,
    `${formatSize(settings.size)}, ${settings.runs} runs in turn; medians; ratios ours / peer, run by run: median (least to most)`,
  ].join('\n');
  const parts = scenarios.map(({ name, summary, note, comparisons }) =>
    [`## ${name}: ${summary}`, ...(note ? [note] : []), ...comparisons.map(comparisonText)].join('\n\n'),
  );
  return `${[head, ...parts].join('\n\n')}\n`;
}

function comparisonText(result: ComparisonResult): string {
  const { name, title, failure, targets, metrics } = result;
  const verdicts = targets.map((target) => {
    const metric = metrics.find(({ key }) => key === target.metric);
    if (metric === undefined) return '';
    const against = target.against === undefined ? '' : ` / ${target.against}`;
    const found = target.value === undefined ? '' : `: ${formatTargetValue(target, metric)}`;
    return `${metric.label}${against} ${formatLimit(target, metric)}${found}: ${verdictOf(target)}`;
  });
  return [
    `### ${name}: ${title}`,
    contestantsTable(result),
    ...(failure === undefined ? [] : [`FAILED: ${failure}`]),
    ...(verdicts.length === 0 ? [] : [`targets: ${verdicts.join('; ')}`]),
  ].join('\n');
}

function contestantsTable({ metrics, contestants, ratios }: ComparisonResult): string {
  const compared = metrics.filter((metric) => ratios.some(({ metric: key }) => key === metric.key));
  const header = [
    '',
    ...metrics.map(({ label }) => label),
    ...compared.map(({ label }) => `ratio, ${label}`),
  ];
  const row = (contestant: ContestantResult): string[] => [
    contestant.name,
    ...(contestant.missing === undefined
      ? metrics.map(({ key, unit }) => {
          const median = contestant.summaries[key]?.median;
          return median === undefined ? '-' : formatValue(median, unit);
        })
      : [`missing: ${contestant.missing}`, ...metrics.slice(1).map(() => '')]),
    ...compared.map(({ key }) => {
      const ratio = ratios.find((one) => one.metric === key && one.against === contestant.name);
      if (ratio === undefined) return '';
      return `${formatRatio(ratio.median)} (${formatRatio(ratio.min)} to ${formatRatio(ratio.max)})`;
    }),
  ];
  return aligned([header, ...contestants.map(row)]);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const [header = [], ...body] = rows;
  return [line(header), rule, ...body.map(line)].join('\n');
}
