import type { MigrationResult } from '@blockferry/migrate';
import type { TextStyle } from '../output/plan-text.js';
import { DISK_COLUMNS, diskCells, diskTable, outcomeText } from '../output/result-text.js';
import { formatBytes } from '../output/units.js';
import type { DemoCheck } from './demo-checks.js';
import type { DemoDisk } from './demo-disks.js';

/** How the demonstration ended: the migration's table with the disks that stayed, and what was found on host b. */
export function demoText(
  result: MigrationResult,
  disks: readonly DemoDisk[],
  checks: readonly DemoCheck[],
  bytesWritten: number,
  style: TextStyle,
): string {
  const columns = [...DISK_COLUMNS.slice(0, -1), { title: 'ON HOST B' }];
  const rows = disks.map(({ name, size }) => {
    const moved = result.disks.find(({ disk }) => disk === name);
    const cells = moved ? diskCells(moved).slice(0, -1) : [name, formatBytes(size), '-', '-', '-'];
    const check = checks.find(({ disk }) => disk === name);
    return [...cells, check === undefined ? '' : checkText(check)];
  });
  return (
    `${diskTable(rows, columns, style)}\n${outcomeText(result)}\n` +
    `The guest wrote ${formatBytes(bytesWritten)} meanwhile, and goes on at host b.\n`
  );
}

export function checkText({ moved, ok, blocks, firstDifference }: DemoCheck): string {
  if (!moved) return ok ? 'untouched, all zeros' : 'NOT untouched';
  return ok ? `all ${blocks} blocks verified` : `DIFFERENT at offset ${firstDifference}`;
}
