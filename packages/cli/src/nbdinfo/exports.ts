import type { ExportInfo } from '@blockferry/nbd';
import { printable } from '../output/printable.js';
import { humanSize } from './human-size.js';

/** What a server tells of its exports, under nbdinfo's keys. */
export interface ServerReport {
  readonly protocol: string;
  readonly TLS: boolean;
  readonly structured: boolean;
  readonly exports: readonly ExportReport[];
}

export type ExportReport = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export function serverReport(uri: string, exports: readonly ExportInfo[]): ServerReport {
  return {
    protocol: 'newstyle-fixed',
    TLS: /^nbds/i.test(uri),
    structured: exports.some(({ structuredReplies }) => structuredReplies),
    exports: exports.map((info) => exportReport(uri, info)),
  };
}

/** nbdinfo's keys, in its order; what a server does not tell is left out. */
function exportReport(uri: string, info: ExportInfo): ExportReport {
  return {
    'export-name': info.name,
    ...(info.description !== undefined && { description: info.description }),
    uri: exportUri(uri, info.name),
    ...(info.contexts.length > 0 && { contexts: info.contexts }),
    is_rotational: info.rotational,
    is_read_only: info.readOnly,
    can_cache: info.canCache,
    can_df: info.canDf,
    can_fast_zero: info.canFastZero,
    can_flush: info.canFlush,
    can_fua: info.canFua,
    can_multi_conn: info.canMultiConn,
    can_trim: info.canTrim,
    can_zero: info.canZero,
    ...blockSizes(info),
    'export-size': info.size,
    'export-size-str': humanSize(info.size),
  };
}

function blockSizes(info: ExportInfo): ExportReport {
  if (!info.blockSizeAdvertised) return {};
  return {
    block_size_minimum: info.blockSizeMinimum,
    block_size_preferred: info.blockSizePreferred,
    block_size_maximum: info.blockSizeMaximum,
  };
}

/** `uri` with the export it names replaced. */
export function exportUri(uri: string, name: string): string {
  const match = /^(nbds?(?:\+[a-z]+)?:\/\/[^/?]*)[^?]*(\?.*)?$/i.exec(uri);
  if (match === null) return uri;
  const path = name.split('/').map(encodeURIComponent).join('/');
  return `${match[1]}/${path}${match[2] ?? ''}`;
}

/** The report as text, laid out as nbdinfo does. */
export function serverText(report: ServerReport): string {
  const tls = report.TLS ? 'with' : 'without';
  const packets = report.structured ? 'structured' : 'simple';
  const head = `protocol: ${report.protocol} ${tls} TLS, using ${packets} packets\n`;
  return head + report.exports.map(exportText).join('');
}

function exportText(report: ExportReport): string {
  const { 'export-name': name, 'export-size': size, 'export-size-str': human, description, ...rest } = report;
  const lines = [`export="${printable(String(name))}":`];
  if (description !== undefined) lines.push(`\tdescription: ${printable(String(description))}`);
  lines.push(`\texport-size: ${size}${String(size) === human ? '' : ` (${human})`}`);
  for (const [key, value] of Object.entries(rest)) {
    if (typeof value === 'object') {
      lines.push(`\t${key}:`, ...value.map((context) => `\t\t${printable(context)}`));
    } else {
      lines.push(`\t${key}: ${printable(String(value))}`);
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}
