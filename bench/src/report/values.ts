import type { TargetResult } from '../harness/contest.js';
import type { Metric, Unit } from '../harness/metrics.js';
import { formatSize } from '../sizes.js';

/** A number of a metric, with its unit: `1.23 s`, `45.2 MiB`. */
export function formatValue(value: number, unit: Unit): string {
  if (unit === 'bytes') return formatSize(value);
  if (unit === 'bytes/s') return `${formatSize(value)}/s`;
  const digits = Math.abs(value) >= 1000 ? value.toFixed(0) : `${Number(value.toPrecision(3))}`;
  return unit === '' ? digits : `${digits} ${unit}`;
}

export function formatRatio(ratio: number): string {
  return ratio >= 100 ? ratio.toFixed(0) : ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}

/** `<= 0.75`: a ratio, or of our own value where it is against nobody. */
export function formatLimit({ limit, aim, against, better }: TargetResult, { unit }: Metric): string {
  const show = (value: number): string =>
    against === undefined ? formatValue(value, unit) : formatRatio(value);
  const sign = better === 'less' ? '≤' : '≥';
  return `${sign} ${show(limit)}${aim === undefined ? '' : ` (aim: ${show(aim)})`}`;
}

/** What came of it, as its limit is told; empty where nothing was measured. */
export function formatTargetValue({ value, against }: TargetResult, { unit }: Metric): string {
  if (value === undefined) return '';
  return against === undefined ? formatValue(value, unit) : formatRatio(value);
}

/** What became of a target, in a word. */
export function verdictOf({ met }: TargetResult): 'met' | 'missed' | 'not measured' {
  if (met === undefined) return 'not measured';
  return met ? 'met' : 'missed';
}
