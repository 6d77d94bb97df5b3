import type { MigrationPlan, PlannedDisk, Problem } from '@blockferry/migrate';
import type { Colors } from './colors.js';
import { printable } from './printable.js';
import { formatTable, wrap } from './table.js';
import { formatBytes } from './units.js';

/** How text is laid out. */
export interface TextStyle {
  readonly colors: Colors;
  readonly width: number | undefined;
}

/** A plan for people: every disk with its fate and the reason, the estimate, then what is in the way. */
export function planText(plan: MigrationPlan, style: TextStyle): string {
  const { colors, width } = style;
  const columns = [
    { title: 'DISK' },
    { title: '' },
    { title: 'SIZE', align: 'right' },
    { title: 'TO COPY', align: 'right' },
    { title: 'TO' },
    { title: 'WHY' },
  ] as const;
  const moving = plan.disks.filter(({ action }) => action === 'move').length;
  return [
    `From ${printable(plan.from)}\nto   ${printable(plan.to)}\n`,
    plan.disks.length > 0 && formatTable(columns, plan.disks.map(diskRow), { width, title: colors.dim }),
    `${moving} of ${plan.disks.length} disks would move, about ${formatBytes(plan.estimateBytes)} to copy.\n`,
    plan.warnings.map((text) => warningText(text, style)).join(''),
    plan.problems.length === 0
      ? 'Nothing stands against it: "blockferry migrate" with the same options does it.\n'
      : problemsText(plan.problems, style),
  ]
    .filter((part) => part !== false && part !== '')
    .join('\n');
}

function problemsText(problems: readonly Problem[], style: TextStyle): string {
  const count = problems.length === 1 ? 'One problem' : `${problems.length} problems`;
  return `${style.colors.red(`${count}, to be put right first:`)}\n${problemList(problems, style)}`;
}

/** What has to be put right first, one point each. */
export function problemList(problems: readonly Problem[], { width }: TextStyle): string {
  return problems
    .map(({ code, disk, message }) => {
      const about = disk === undefined || message.includes(disk) ? '' : `${disk}: `;
      return hanging('  - ', `${about}${message} [${code}]`, width);
    })
    .join('');
}

function warningText(text: string, { colors, width }: TextStyle): string {
  return hanging('warning: ', text, width).replace('warning:', colors.yellow('warning:'));
}

/** Text behind a mark, wrapped and indented as deep. */
function hanging(mark: string, text: string, width: number | undefined): string {
  const lines = wrap(printable(text), width === undefined ? Number.POSITIVE_INFINITY : width - mark.length);
  return `${mark}${lines.join(`\n${' '.repeat(mark.length)}`)}\n`;
}

function diskRow(disk: PlannedDisk): string[] {
  const others = disk.names.filter((name) => name !== disk.disk);
  const moves = disk.action === 'move';
  return [
    printable(others.length === 0 ? disk.disk : `${disk.disk} (${others.join(', ')})`),
    moves ? 'moves' : 'stays',
    formatBytes(disk.size),
    moves ? formatBytes(disk.estimateBytes) : '-',
    moves ? destinationText(disk) : '-',
    printable(disk.reason),
  ];
}

/** The destination's disk, with its size where that is another. */
function destinationText({ size, destination }: PlannedDisk): string {
  if (destination === undefined) return '-';
  const { size: there = size, isMade } = destination;
  const other = isMade ? ' (to be made)' : there === size ? '' : ` (${formatBytes(there)})`;
  return printable(`${destination.disk}${other}`);
}
