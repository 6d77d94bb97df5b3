import type { DiskResult, DowntimeParts, MigrationResult } from '@blockferry/migrate';
import type { TextStyle } from './plan-text.js';
import { printable } from './printable.js';
import { type Column, formatTable } from './table.js';
import { formatBytes, formatDuration, formatRate } from './units.js';

/** How a migration ended well: every disk that moved, then time, downtime and bytes. */
export function resultText(result: MigrationResult, style: TextStyle): string {
  const { disks } = result;
  return disks.length === 0
    ? `${outcomeText(result)}\n`
    : `${diskTable(disks.map(diskCells), DISK_COLUMNS, style)}\n${outcomeText(result)}\n`;
}

/** The table of disks; `columns` may have more columns than `DISK_COLUMNS`. */
export function diskTable(
  rows: readonly (readonly string[])[],
  columns: readonly Column[],
  { colors, width }: TextStyle,
): string {
  return formatTable(columns, rows, { width, title: colors.dim });
}

export const DISK_COLUMNS: readonly Column[] = [
  { title: 'DISK' },
  { title: 'SIZE', align: 'right' },
  { title: 'MOVED', align: 'right' },
  { title: 'ZEROED', align: 'right' },
  { title: 'ROUNDS', align: 'right' },
  { title: '' },
];

/** A row under `DISK_COLUMNS`; the last cell says what a comparison found. */
export function diskCells({ disk, size, bytesMoved, bytesZeroed, rounds, verified }: DiskResult): string[] {
  return [
    printable(disk),
    formatBytes(size),
    formatBytes(bytesMoved),
    formatBytes(bytesZeroed),
    String(rounds),
    verified === undefined ? '' : verified ? 'verified' : 'different',
  ];
}

/** `Moved in 3.4 s, downtime 12 ms: 280 MiB in 4 rounds, 82.4 MiB/s.` */
export function outcomeText({
  totalMs,
  downtimeMs,
  downtime: parts,
  bytesMoved,
  rounds,
}: MigrationResult): string {
  const downtime = downtimeMs === undefined ? '' : `, downtime ${formatDuration(downtimeMs)}`;
  const rate = totalMs > 0 ? `, ${formatRate((bytesMoved * 1000) / totalMs)}` : '';
  // Of a copy that is not ours no rounds are known.
  const passes = rounds === 0 ? '' : ` in the bulk and ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`;
  return `Moved in ${formatDuration(totalMs)}${downtime}: ${formatBytes(bytesMoved)}${passes}${rate}.${parts === undefined ? '' : `\n${partsText(parts)}`}`;
}

/** `Downtime: stop 1.5 ms, last round 4.9 ms, flush 0.1 ms, hand-over 5.9 ms, start 0.3 ms.` */
function partsText({ stopMs, lastRoundMs, flushMs, handOverMs, startMs }: DowntimeParts): string {
  const parts = {
    stop: stopMs,
    'last round': lastRoundMs,
    flush: flushMs,
    'hand-over': handOverMs,
    start: startMs,
  };
  const each = Object.entries(parts).map(([name, ms]) => `${name} ${formatDuration(ms)}`);
  return `Downtime: ${each.join(', ')}.`;
}
